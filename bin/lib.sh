# Sourced by the commands beside it: where things are, which JDK, how to say that something is missing.
# shellcheck shell=bash
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Test servers and old JVMs; KEYTURN_TOOLS lets several checkouts share one folder.
TOOLS=${KEYTURN_TOOLS:-$ROOT/.tools}

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
die() { say "$*"; exit 1; }

# Where Go's own installer puts it, which not every shell has on its PATH.
command -v go >/dev/null 2>&1 || PATH=$PATH:/usr/local/go/bin

# need COMMAND WHY: stops with what to install.
need() { command -v "$1" >/dev/null 2>&1 || die "'$1' is missing: $2"; }

java_major() { # java_major JAVA_HOME: its feature release, or 0
  "$1/bin/java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.specification.version = \(1\.\)\{0,1\}//p' | grep . || echo 0
}

# use_jdk: sets JAVA_HOME to a JDK 25 or newer: the one set, else the one on PATH, else one installed in a usual place.
use_jdk() {
  local home java
  java=$(command -v java || true)
  for home in "${JAVA_HOME:-}" "${java:+$(dirname "$(dirname "$(readlink -f "$java")")")}" \
    /usr/lib/jvm/*25* /opt/java/* "$HOME"/.sdkman/candidates/java/25* /Library/Java/JavaVirtualMachines/*25*/Contents/Home; do
    if [ -n "$home" ] && [ -x "$home/bin/javac" ] && [ "$(java_major "$home")" -ge 25 ]; then
      export JAVA_HOME=$home PATH="$home/bin:$PATH"
      return
    fi
  done
  die "no JDK 25 found (looked at JAVA_HOME, PATH and the usual folders). Install Temurin 25 and set JAVA_HOME to it."
}

# maven ARGS...: Maven for this project, quiet about downloads.
maven() {
  need mvn "install Maven 3.8 or newer (Debian: apt-get install maven)"
  (cd "$ROOT" && mvn -B -ntp "$@")
}

# build MODULE...: packages what a command runs, and what that needs, if a source is newer than the last time. KEYTURN_BUILT=1 says that it is done.
build() {
  local stamp log
  stamp=$ROOT/target/built/$(IFS=-; echo "$*")
  [ -z "${KEYTURN_BUILT:-}" ] || return 0
  if [ -e "$stamp" ] && [ -z "$(find "$ROOT"/pom.xml "$ROOT"/*/pom.xml "$ROOT"/*/src/main -newer "$stamp" -print -quit)" ]; then return 0; fi
  use_jdk
  say "building with Maven (a minute or two; the first time it also downloads)"
  mkdir -p "${stamp%/*}"
  touch "$stamp.new"
  log=$(mktemp)
  if ! maven package -DskipTests -Dspotless.check.skip -pl "$(IFS=,; echo "$*")" -am >"$log" 2>&1 </dev/null; then
    grep -E '^\[(ERROR|WARNING)\]' "$log" | head -n 40 >&2 || tail -n 40 "$log" >&2
    rm -f "$log"
    die "the build failed: the lines above say why"
  fi
  rm -f "$log"
  mv "$stamp.new" "$stamp"
}
