# Sourced by the scripts beside it: a compiler that builds for a Cortex-M0. Installs nothing.
# Here it is Debian's, with the sources of `core` (rustc-web, rust-web-src, lld; .ci/bare-metal
# installs them), unless the environment names another.
TARGET=thumbv6m-none-eabi
export RUSTC=${RUSTC:-/usr/bin/rustc} RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=core
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/../../target/budgets}
