export declare function installNode(version: string): string;
