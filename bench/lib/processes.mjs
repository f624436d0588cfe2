// Processes of a run: ours answer questions, those of others are told apart by their lines. All end with the run.
import { fork, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { usageOf } from './usage.mjs';

/** Nothing here takes so long: whoever does has stalled. */
const DEFAULT_TIMEOUT_MS = 180_000;

/** A process of ours that is told to end has so long before it is killed. */
const GRACE_MS = 3000;

const MAX_TAIL_LINES = 30;

export class Processes {
  /** @type {Set<Process>} */
  #running = new Set();

  /**
   * A script of ours that calls `serve` of child.mjs.
   * @param {URL} script @param {{ env?: NodeJS.ProcessEnv, execPath?: string, execArgv?: string[], args?: string[] }} [options]
   */
  node(script, { env, execPath, execArgv = [], args = [] } = {}) {
    const child = fork(fileURLToPath(script), args, {
      execPath,
      execArgv,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    return this.#keep(new NodeProcess(child));
  }

  /** A program. @param {string} command @param {readonly string[]} args @param {{ cwd?: string }} [options] */
  program(command, args, options = {}) {
    return this.#keep(new Process(spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] })));
  }

  /** A script in another language that answers like one of ours. @param {string} command @param {readonly string[]} args */
  lines(command, args) {
    return this.#keep(new LineProcess(spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })));
  }

  /** Ends all that still run. */
  async close() {
    await Promise.all([...this.#running].map(running => running.kill()));
  }

  #keep(running) {
    this.#running.add(running);
    running.ended.finally(() => this.#running.delete(running));
    return running;
  }
}

export class Process {
  #tail = [];
  #lineWaiters = new Set();

  /** @param {import('node:child_process').ChildProcess} child */
  constructor(child) {
    this.child = child;
    this.exited = false;
    this.ended = new Promise(resolve => {
      child.once('error', error => this.#end(resolve, `does not start: ${error.message}`));
      child.once('exit', () => {
        this.exited = true;
      });
      // once all that it printed is here
      child.once('close', (code, signal) => this.#end(resolve, `ended with ${signal ?? code}`));
    });
    child.stdin?.on('error', () => {}); // it has gone: `ended` tells
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', line => this.onLine(line));
    }
  }

  get pid() {
    return this.child.pid;
  }

  /** Last lines that it printed, for messages of failures. */
  get tail() {
    return this.#tail.join('\n');
  }

  /** The next line that matches. @param {RegExp} pattern @returns {Promise<RegExpExecArray>} */
  line(pattern, timeoutMs = DEFAULT_TIMEOUT_MS) {
    const wait = new Promise(resolve => {
      const check = line => {
        const match = pattern.exec(line);
        if (match) {
          this.#lineWaiters.delete(check);
          resolve(match);
        }
      };
      this.#lineWaiters.add(check);
    });
    return this.within(wait, `a line like ${pattern}`, timeoutMs);
  }

  /** @returns {Promise<import('./usage.mjs').Usage>} */
  usage() {
    return usageOf(this.pid);
  }

  /** Rejects when the process ends or time is up before the promise settles. */
  async within(promise, what, timeoutMs = DEFAULT_TIMEOUT_MS) {
    let timer;
    const tooLate = new Promise((_, reject) => {
      timer = setTimeout(() => reject(this.#failure(`no ${what} within ${timeoutMs / 1000} s`)), timeoutMs);
    });
    const gone = this.ended.then(how => Promise.reject(this.#failure(`${how} before ${what}`)));
    gone.catch(() => {});
    try {
      return await Promise.race([promise, tooLate, gone]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it at once: what it would still save is thrown away with its folder. */
  async kill() {
    if (!this.exited) this.child.kill('SIGKILL');
    await this.ended;
  }

  onLine(line) {
    this.#tail.push(line);
    if (this.#tail.length > MAX_TAIL_LINES) this.#tail.shift();
    for (const check of [...this.#lineWaiters]) check(line);
  }

  #end(resolve, how) {
    this.exited = true;
    resolve(how);
  }

  #failure(what) {
    const said = this.tail === '' ? '' : `; it said:\n${this.tail}`;
    return new Error(`${this.child.spawnargs.slice(0, 2).map(baseName).join(' ')}: ${what}${said}`);
  }
}

/** A process that answers questions; how they travel is up to the kinds below. */
class AskedProcess extends Process {
  #questions = new Map();
  #lastId = 0;

  /** @param {string} name @param {object} [args] plain data @returns {Promise<any>} */
  ask(name, args = {}, timeoutMs = DEFAULT_TIMEOUT_MS) {
    const id = ++this.#lastId;
    const answer = new Promise((resolve, reject) => {
      this.#questions.set(id, { resolve, reject });
      this.send({ id, name, args }, reject);
    });
    return this.within(answer, `answer to ${name}`, timeoutMs);
  }

  /** Lets it close its session first. */
  async stop() {
    if (!this.exited) await this.ask('close', {}, GRACE_MS).catch(() => {});
    await this.kill();
  }

  answered({ id, result, error }) {
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    if (error === undefined) question?.resolve(result);
    else question?.reject(new Error(error));
  }
}

/** A script of ours: questions go through Node's channel. */
export class NodeProcess extends AskedProcess {
  constructor(child) {
    super(child);
    child.on('message', message => this.answered(message));
  }

  send(question, onError) {
    this.child.send(question, error => error && onError(error));
  }

  usage() {
    return this.ask('usage');
  }
}

/** A script in another language: a JSON object a line, questions on stdin, answers on stdout. */
export class LineProcess extends AskedProcess {
  send(question) {
    this.child.stdin.write(`${JSON.stringify(question)}\n`);
  }

  onLine(line) {
    if (line.startsWith('{"id"')) this.answered(JSON.parse(line));
    else super.onLine(line);
  }
}

function baseName(path) {
  return path.replace(/^.*[/\\]/, '');
}
