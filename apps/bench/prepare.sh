# The scripts beside it source this one after their usage(). It reads the options that they share, installs missing
# packages and builds. The remaining arguments belong to the script.

install=yes
build=yes
preset=release
while [ $# -gt 0 ]; do
  case $1 in
    --no-install) install=no ;;
    --no-build) build=no ;;
    --asan) preset=asan ;;
    -h | --help) usage; exit ;;
    *) break ;;
  esac
  shift
done

if [ "$install" = yes ]; then
  need_build
  need_node
  need_bench
  [ "$preset" != asan ] || need_clang
  install_needed
fi
[ "$build" = no ] || build "$preset" bench_programs -D COSIO_BUILD_TESTS=OFF
