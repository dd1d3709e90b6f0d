# Sourced by the scripts beside it: a compiler that builds for a Cortex-M0. Installs nothing.
# Here it is Debian's, with the sources of `core` (rustc-web, rust-web-src, lld; .ci/bare-metal
# installs them), unless the environment names another.
TARGET=thumbv6m-none-eabi
export RUSTC=${RUSTC:-/usr/bin/rustc} RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=core
export CARGO_TARGET_THUMBV6M_NONE_EABI_LINKER=ld.lld
# What is relative is so to the repository, as in .ci.
case ${CARGO_TARGET_DIR:=target/budgets} in
    /*) ;;
    *) CARGO_TARGET_DIR=$(cd ../.. && pwd)/$CARGO_TARGET_DIR ;;
esac
export CARGO_TARGET_DIR
