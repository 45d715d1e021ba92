#!/bin/sh
# Everything a fresh Debian machine needs after `git clone`, and nothing twice: npm's packages, the native addon, the
# compiled program, and for the demo and the tests the system's own tools.
#
#   sh src/lab/setup.sh build|demo|test
#
# Progress goes to the standard error, each line with `setup:` in front. Exits with 64 when called wrongly and with 69
# when something is missing that cannot be installed from here; one message then says what to run.
set -eu
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() { printf 'setup: %s\n' "$*" >&2; }
refuse() {
  for line in "$@"; do say "$line"; done
  exit 69
}

# A command whose output matters only when it fails.
quietly() {
  output=$(mktemp)
  "$@" >"$output" 2>&1 </dev/null && status=0 || status=$?
  [ "$status" = 0 ] || { cat "$output" >&2; say "failed: $*"; }
  rm -f "$output"
  return "$status"
}

# command=package: the command is what counts, so an nginx from anywhere is as good as Debian's.
compiler='g++=g++ make=make python3=python3'
demo='ip=iproute2 unshare=util-linux sysctl=procps nft=nftables nginx=nginx-light haproxy=haproxy'
peers='keepalived=keepalived /usr/lib/frr/vrrpd=frr tshark=tshark etcd=etcd-server openssl=openssl'
# For TCP services; Debian packages it apart.
peers="$peers /usr/lib/nginx/modules/ngx_stream_module.so=libnginx-mod-stream"
tools='killall=psmisc tcpdump=tcpdump curl=curl ping=iputils-ping'
case ${1-} in
  build) wanted='' ;;
  demo) wanted=$demo ;;
  test) wanted="$demo $peers $tools" ;;
  *) say "usage: sh src/lab/setup.sh build|demo|test"; exit 64 ;;
esac

# --- What is there -------------------------------------------------------------------------------------------------

for tool in node npm; do
  command -v $tool >/dev/null || refuse "$tool is missing: install Node.js 20.19 or newer with npm"
done

# Three lines: the version, `old` or `new enough`; the directory that has include/node, or nothing; whether raw-socket
# loads, which it does not when it was built for another Node.js.
facts() {
  node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    console.log(process.version, major > 20 || (major === 20 && minor >= 19) ? "new enough" : "old");
    const prefix = require("path").dirname(require("path").dirname(process.execPath));
    console.log(require("fs").existsSync(prefix + "/include/node/node_api.h") ? prefix : "");
    try { require("./node_modules/raw-socket"); console.log("loads"); } catch { console.log("broken"); }'
}
learn() {
  { read -r version age; IFS= read -r headers; read -r raw_socket; } <<EOF
$(facts)
EOF
}
learn
[ "$age" = "new enough" ] || refuse "Node.js $version is too old: install 20.19 or newer"

addon=src/linux/native/build/Release/linux.node
newer_than() { # FILE PATH...: whether FILE is missing or anything in the paths is newer; built things do not count
  reference=$1; shift
  [ ! -e "$reference" ] || [ -n "$(find "$@" -name build -prune -o -newer "$reference" -print | head -n 1)" ]
}
# npm writes this file last, so it also tells of an installation that was interrupted.
newer_than node_modules/.package-lock.json package-lock.json && packages=stale || packages=fresh
newer_than $addon src/linux/native && native=stale || native=fresh

# --- The system's packages -----------------------------------------------------------------------------------------

[ "$packages $raw_socket $native" = "fresh loads fresh" ] && builds='' || builds=yes
[ -z "$builds" ] || wanted="$compiler $wanted"
missing='' install=''
for entry in $wanted; do
  command -v "${entry%=*}" >/dev/null || { missing="$missing ${entry%=*}"; install="$install ${entry#*=}"; }
done
if [ -n "$builds" ] && [ -z "$headers" ]; then
  # Other distributions of Node.js bring their headers along; Debian has them in a package.
  dpkg -S "$(node -p process.execPath)" >/dev/null 2>&1 ||
    refuse "the headers of Node.js $version are not beside it (include/node/node_api.h), and nothing is downloaded:" \
      "use a Node.js that brings them, such as the archive from nodejs.org"
  missing="$missing node_api.h" install="$install libnode-dev"
fi

policy=/usr/sbin/policy-rc.d
restore_policy() {
  rm -f $policy
  [ ! -e $policy.vipair ] || mv $policy.vipair $policy
}
# Debian starts a daemon when it installs it. Nothing shall run afterwards that did not run before, so a policy forbids
# starts meanwhile (invoke-rc.d(8)), and what is new is not enabled for the next boot either.
install_packages() {
  trap restore_policy EXIT
  trap 'exit 130' HUP INT TERM
  grep -qs vipair $policy || [ ! -e $policy ] || mv $policy $policy.vipair
  printf '#!/bin/sh\n# vipair setup, for as long as it runs\nexit 101\n' >$policy
  chmod 755 $policy
  export DEBIAN_FRONTEND=noninteractive
  quietly apt-get -q update || say "going on with the package lists there are"
  # shellcheck disable=SC2086 # a list of names
  quietly apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends $install
  for unit in nginx haproxy keepalived frr etcd; do
    case "$install " in *" $unit "* | *" $unit-"*) systemctl disable $unit >/dev/null 2>&1 || : ;; esac
  done
}
if [ -n "$install" ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    refuse "missing here:$missing" "run this, then try again: sudo apt-get install --no-install-recommends$install"
  fi
  say "installing Debian packages:$install"
  (flock 9 && install_packages) 9>/run/vipair-setup.lock
  learn
fi

# --- The project's own parts ---------------------------------------------------------------------------------------

if [ -n "$builds" ]; then
  [ -n "$headers" ] || refuse "libnode-dev is installed, but brings no headers for Node.js $version"
  # node-gyp takes the headers from here and downloads none. npm 11 knows the second spelling, older ones the first.
  export npm_config_nodedir="$headers" npm_package_config_node_gyp_nodedir="$headers"
fi
if [ "$packages" = stale ]; then
  say "installing npm packages"
  quietly npm ci --no-audit --no-fund --loglevel=error
  newer_than $addon src/linux/native || native=fresh
elif [ "$raw_socket" = broken ]; then
  say "building raw-socket for Node.js $version"
  quietly npm rebuild --loglevel=error raw-socket
fi
if [ "$native" = stale ]; then
  say "building the native addon"
  quietly npm run --silent build:native
fi
if newer_than dist/.built tsconfig.json package-lock.json src profiles; then
  say "compiling TypeScript"
  mkdir -p dist
  touch dist/.building # before, so that what is edited meanwhile is compiled the next time
  quietly npm run --silent build
  mv dist/.building dist/.built
fi
