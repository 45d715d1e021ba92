#!/bin/sh
# vipair-check: what does the running `vipair watchdog` say? Exit code 0 well, 1 not well, 2 nobody knows.
#
#   vipair-check NAME                       asks the watchdog of that name
#   vipair-check NAME --process front ...   the same, and where none runs, looks by itself: vipair watchdog --once ...
#
# It starts no other program, which is what makes it cheap enough to be called every second: the verdict is a line in a
# file, and how long it holds is measured by /proc/uptime. One that nobody renews is not believed, whatever it says.
directory=${VIPAIR_WATCHDOG_DIRECTORY:-/run/vipair-watchdog}
name=$1
case $name in
  '' | -* | *[!A-Za-z0-9_.-]* | .*)
    echo "vipair-check: give the name of a watchdog, such as: vipair-check front" >&2
    exit 2
    ;;
esac
shift
if read -r uptime _ </proc/uptime && { read -r health until pid reason <"$directory/$name"; } 2>/dev/null; then
  # Hundredths of a second: 123.45 is 12345.
  now=${uptime%.*}${uptime#*.}
  if [ "$now" -le "$until" ] 2>/dev/null; then
    [ "$health" = well ] && exit 0
    echo "$name: $reason" >&2
    exit 1
  fi
fi
[ $# -gt 0 ] && exec vipair watchdog --once --name "$name" "$@"
echo "vipair-check: no watchdog \"$name\" has said anything lately; is it running?" >&2
exit 2
