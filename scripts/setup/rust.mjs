/**
 * Finds, or installs, a Rust that can build for wasm32-unknown-unknown, also for shared memory, for which std must be built
 * from its source. Three ways, in this order: rustup with the target and the source installed; any toolchain that carries
 * its std's source, which is then built along; Debian's packages.
 */

import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { attempt, capture, SetupError, say } from './shell.mjs';

const TARGET = 'wasm32-unknown-unknown';
const DEBIAN = ['rustc-web', 'cargo-web', 'rust-web-src', 'lld-19'];

/**
 * build-std is unstable; the compilers that carry their source are meant to use it.
 */
const STD_FROM_SOURCE = { RUSTC_BOOTSTRAP: '1', CARGO_UNSTABLE_BUILD_STD: 'std,panic_abort' };

/**
 * @returns {{ cargo: string, env: Record<string, string>, withStdFromSource: Record<string, string> }} cargo, the
 *   environment in which it builds for WebAssembly, and what to add to it for shared memory.
 */
export function ensureRust() {
  return fromRustup() ?? fromSystem() ?? afterRustupInstall() ?? afterDebianInstall() ?? refuse();
}

function refuse() {
  throw new SetupError(
    `no Rust for ${TARGET} was found and none could be installed; run: rustup target add ${TARGET} && rustup component add rust-src (https://rustup.rs), or on Debian: apt-get install ${DEBIAN.join(' ')}`,
  );
}

/** A rustup toolchain that has the target and std's source. */
function fromRustup() {
  const libraries = capture('rustc', ['--print', 'target-libdir', '--target', TARGET]);
  const has = libraries && existsSync(libraries) && readdirSync(libraries).some((name) => name.startsWith('libstd-'));
  if (!has || !carriesSource(capture('rustc', ['--print', 'sysroot']))) return undefined;
  return { cargo: 'cargo', env: {}, withStdFromSource: STD_FROM_SOURCE };
}

function carriesSource(sysroot) {
  return Boolean(sysroot) && existsSync(join(sysroot, 'lib/rustlib/src/rust/library/std/Cargo.toml'));
}

/** A toolchain with the source of std: rustup's component rust-src, or the system's. */
function fromSystem() {
  for (const [rustc, cargo] of [
    ['rustc', 'cargo'],
    ['/usr/bin/rustc', '/usr/bin/cargo'],
  ]) {
    const sysroot = capture(rustc, ['--print', 'sysroot']);
    if (!sysroot || !capture(cargo, ['--version'])) continue;
    if (!carriesSource(sysroot)) continue;
    const linker = findLinker(sysroot);
    if (!linker) continue;
    // wasm-pack looks for this folder before it lets cargo build.
    if (!attempt('mkdir', ['-p', join(sysroot, 'lib/rustlib', TARGET, 'lib')])) continue;
    const env = {
      RUSTC: rustc,
      ...STD_FROM_SOURCE,
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: linker,
    };
    if (rustc.startsWith('/')) env.PATH = `/usr/bin:${process.env.PATH}`;
    return { cargo, env, withStdFromSource: {} };
  }
  return undefined;
}

function findLinker(sysroot) {
  const bundled = (toolchain) => {
    const folder = join(toolchain, 'lib/rustlib');
    if (!existsSync(folder)) return [];
    return readdirSync(folder).map((host) => join(folder, host, 'bin/rust-lld'));
  };
  const toolchains = join(process.env.RUSTUP_HOME ?? join(homedir(), '.rustup'), 'toolchains');
  const others = existsSync(toolchains) ? readdirSync(toolchains).map((name) => join(toolchains, name)) : [];
  const candidates = [sysroot, ...others].flatMap(bundled);
  return [...candidates, '/usr/bin/wasm-ld-19', '/usr/bin/wasm-ld'].find((path) => existsSync(path));
}

function afterRustupInstall() {
  if (!capture('rustup', ['--version'])) return undefined;
  say(`rustup target add ${TARGET}; rustup component add rust-src`);
  const added = [
    ['target', 'add', TARGET],
    ['component', 'add', 'rust-src'],
  ].every((words) => attempt('rustup', words, { timeout: 90_000 }));
  if (!added) {
    say('rustup could not download them');
    return undefined;
  }
  return fromRustup();
}

function afterDebianInstall() {
  if (!aptInstall(DEBIAN)) return undefined;
  return fromSystem();
}

/** Installs Debian packages where that is possible without asking. @returns whether it worked. */
export function aptInstall(packages) {
  if (!capture('apt-get', ['--version'])) return false;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !attempt('sudo', ['-n', 'true'])) return false;
  const [program, prefix] = isRoot ? ['apt-get', []] : ['sudo', ['-n', 'apt-get']];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  say(`apt-get install ${packages.join(' ')}`);
  attempt(program, [...prefix, 'update', '-qq'], { env });
  return attempt(program, [...prefix, 'install', '-y', '-qq', '--no-install-recommends', ...packages], { env });
}
