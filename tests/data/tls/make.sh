#!/bin/sh
# Make ca.pem, server.pem, client.pem and client-locked.pem anew.
set -eu
new="openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
$new -x509 -days 36500 -subj "/CN=profbook tests" -keyout "$work/ca.key" -out ca.pem 2>/dev/null
for name in server client; do
  $new -subj "/CN=$name" -keyout "$work/$name.key" -out "$work/$name.csr" 2>/dev/null
  printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\nauthorityKeyIdentifier=keyid\n' > "$work/ext"
  openssl x509 -req -days 36500 -in "$work/$name.csr" -CA ca.pem -CAkey "$work/ca.key" -CAcreateserial \
    -CAserial "$work/serial" -extfile "$work/ext" -out "$work/$name.crt" 2>/dev/null
  cat "$work/$name.crt" "$work/$name.key" > "$name.pem"
done
openssl pkcs8 -topk8 -in "$work/client.key" -passout pass:locked -out "$work/locked.key"
cat "$work/client.crt" "$work/locked.key" > client-locked.pem
