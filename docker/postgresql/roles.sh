#!/bin/sh
# Run once, by PostgreSQL's image, in an empty cluster: a role that owns the tables and one that serves from them.
# grant_serving_role, which `migrate` runs, says what the second may do; here it may connect, and nothing else.
set -eu
secrets="${SECRETS_DIR:-/run/secrets}"
psql --quiet --no-psqlrc --set=ON_ERROR_STOP=1 \
    --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-gatehouse}" \
    --set=database="${POSTGRES_DB:-gatehouse}" \
    --set=owner_password="$(cat "$secrets/owner_password")" \
    --set=serving_password="$(cat "$secrets/serving_password")" <<'SQL'
CREATE ROLE gatehouse_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE gatehouse LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'serving_password';
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE :"database" TO gatehouse_owner;
GRANT CONNECT ON DATABASE :"database" TO gatehouse;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO gatehouse_owner;
GRANT USAGE ON SCHEMA public TO gatehouse;
SQL
