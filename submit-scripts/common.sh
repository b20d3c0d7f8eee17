# shellcheck shell=bash
# shellcheck disable=SC2034 # the scripts that source this file use what it sets
# Sourced by the scripts beside it. Sets ROOT and what they all need to find or say.

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
JOB_JAR=$ROOT/spark-job/target/sparkmim.jar
RESOLVED_SPARK=$ROOT/spark-job/target/spark
STATE_DIR=${MIM_STATE_DIR:-${XDG_STATE_HOME:-$HOME/.local/state}/sparkmim}

USAGE=2
RUN_FAILED=4

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# die CODE MESSAGE
die() {
  local code=$1
  shift
  say "$*"
  exit "$code"
}

# Sets JAVA to a JDK 17.
find_java() {
  if [[ -n ${JAVA_HOME:-} ]]; then
    JAVA=$JAVA_HOME/bin/java
    [[ -x $JAVA ]] || die $USAGE "Cannot run $JAVA: JAVA_HOME must name a JDK 17."
  else
    JAVA=$(command -v java) || die $USAGE "Cannot find java: install a JDK 17 or set JAVA_HOME."
  fi
  local version
  version=$("$JAVA" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
  [[ $version == 17 ]] ||
    die $USAGE "Cannot run on Java ${version:-?} ($JAVA): Spark 3.5 needs JDK 17. Set JAVA_HOME to one."
}

# Builds the job jar and the Spark home beside it where they are missing.
build_what_is_missing() {
  local release=$RESOLVED_SPARK/RELEASE
  [[ -f $JOB_JAR && -f $release ]] && return
  [[ -f $ROOT/pom.xml ]] || die $USAGE "Cannot find $JOB_JAR, nor sources to build it from."
  command -v mvn >/dev/null || die $USAGE "Cannot find mvn: install Apache Maven 3.8 or later."
  mkdir -p "$ROOT/spark-job/target"
  (
    # Of two first commands started together, one builds and the other waits for it.
    flock 9
    [[ -f $JOB_JAR && -f $release ]] && exit 0
    local log=$ROOT/spark-job/target/build.log
    say "building SparkMIM once (a few minutes, plus downloads the first time) ..."
    local seconds=$SECONDS
    if ! (cd -- "$ROOT" && mvn -q -B -DskipTests package) </dev/null >"$log" 2>&1; then
      tail -n 25 "$log" >&2
      die $RUN_FAILED "The build failed; its whole output is in $log."
    fi
    say "built in $((SECONDS - seconds)) s."
  ) 9>"$ROOT/spark-job/target/.build-lock" || exit
}

# The value of a key in a Spark properties file, the last one given; nothing where there is none.
property() {
  [[ -f $2 ]] || return 0
  awk -v key="$1" '
    /^[ \t]*#/ { next }
    {
      line = $0
      sub(/^[ \t]+/, "", line)
      if (match(line, /[ \t]*[=: \t][ \t]*/) && substr(line, 1, RSTART - 1) == key) {
        value = substr(line, RSTART + RLENGTH)
        sub(/[ \t\r]+$/, "", value)
      }
    }
    END { if (value != "") print value }' "$2"
}

# private_file PATH: standard input becomes a file that only its owner can read, at once and whole.
private_file() {
  local temporary
  temporary=$(mktemp "$1.XXXXXX") # created with mode 600
  cat >"$temporary"
  mv -f -- "$temporary" "$1"
}

# private_folder PATH
private_folder() {
  if ! { mkdir -p -- "$1" && chmod 700 -- "$1"; }; then
    die $USAGE "Cannot write to $1: set MIM_STATE_DIR to a folder of yours."
  fi
}
