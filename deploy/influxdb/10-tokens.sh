#!/bin/sh
# Runs once, in the container of InfluxDB, after its first set-up: makes the tokens that the services
# use, so that none of them ever sees the token that may do everything.
set -eu

: "${DOCKER_INFLUXDB_INIT_ORG_ID:?}" "${DOCKER_INFLUXDB_INIT_BUCKET_ID:?}"
secrets=${LUMBAR_SECRETS:-/secrets}
bucket=$DOCKER_INFLUXDB_INIT_BUCKET_ID

# make_token NAME RIGHT...: writes into the file that was prepared for its reader.
make_token() {
    name=$1
    shift
    file=$secrets/$name/influx-token
    token=$(influx auth create --json --org-id "$DOCKER_INFLUXDB_INIT_ORG_ID" \
        --description "lumbar $name" "$@" |
        sed -n 's/.*"token": *"\([^"]*\)".*/\1/p')
    if [ -z "$token" ]; then
        echo "10-tokens.sh: InfluxDB made no token for $name" >&2
        return 1
    fi
    printf '%s\n' "$token" >"$file"
}

make_token recorder --read-bucket "$bucket" --write-bucket "$bucket"
for reader in monitor screen grafana; do
    make_token "$reader" --read-bucket "$bucket"
done
