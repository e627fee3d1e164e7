/** wasm-pack and wasm-bindgen, in the project's own folder `.tools`. */

import { join } from 'node:path';
import { capture, root, run, SetupError, say } from './shell.mjs';

/** The glue and the crate must be of one version: see crate/Cargo.toml. */
const WASM_BINDGEN = '0.2.130';
const WASM_PACK = '0.15.1';

/** Where the tools are. */
export const toolFolder = join(root, '.tools', 'bin');

/** Installs what is missing, from crates.io. Unoptimized builds of the tools are fast enough and quick to make. */
export function ensureTools(rust) {
  const install = (name, version, args) => {
    const found = capture(join(toolFolder, name), ['--version']);
    if (found?.includes(version)) return;
    say(`installing ${name} ${version} into .tools (about a minute)`);
    const target = join(root, '.cache', 'tools');
    const env = { ...process.env, CARGO_TARGET_DIR: target };
    const options = ['install', '--debug', '--quiet', '--force', '--root', join(root, '.tools'), '--version', version];
    const [cargo] = ['cargo', rust.cargo].filter((program) => capture(program, ['--version']));
    if (!cargo) throw new SetupError(`no cargo to install ${name}; install Rust from https://rustup.rs`);
    run(cargo, [...options, ...args], { env });
  };
  // Without --locked: the versions that its lock file names are not all to be had everywhere.
  install('wasm-bindgen', WASM_BINDGEN, ['wasm-bindgen-cli', '--bin', 'wasm-bindgen']);
  install('wasm-pack', WASM_PACK, ['--locked', 'wasm-pack']);
}
