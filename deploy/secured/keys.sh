#!/usr/bin/env bash
# Makes the keys of a secured cluster for trying, with the JDK's keytool: see usage() below.
set -eu

usage() {
    cat >&2 <<'TXT'
usage: SECURED_KEYS_PASSWORD=... deploy/secured/keys.sh FOLDER NAME...

  Makes in FOLDER, unless it is there already: ca.p12, a certificate authority of its own, to be kept away from the servers;
  tokens.p12, a key that signs bearer tokens, also to be kept away; trust.p12, which says whose certificates are believed, and
  token-trust.p12, which says whose tokens. For each NAME
  it makes NAME.p12, a key and a certificate of which CN is NAME. With NAME=HOST,HOST... the certificate is a broker's: its CN
  is broker, and it is good for these host names and addresses.
TXT
    exit 2
}

[ $# -ge 1 ] && [ -n "${SECURED_KEYS_PASSWORD:-}" ] || usage
folder=$1
shift
umask 077
mkdir -p "$folder"
cd "$folder"
# By the environment: what stands in arguments all users of the machine can read.
key() { "${JAVA_HOME:+$JAVA_HOME/bin/}keytool" "$@" -storetype PKCS12 -storepass:env SECURED_KEYS_PASSWORD; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ ! -f ca.p12 ]; then
    key -genkeypair -keystore ca.p12 -alias ca -keyalg EC -groupname secp256r1 -dname "CN=Millrace CA" -ext bc:c -validity 3650 2> /dev/null
    key -genkeypair -keystore tokens.p12 -alias tokens -keyalg RSA -keysize 2048 -dname "CN=Millrace tokens" -validity 3650 2> /dev/null
    # Two: who may sign tokens may sign no certificates.
    key -exportcert -keystore ca.p12 -alias ca -file "$work/ca.der" 2> /dev/null
    key -importcert -noprompt -keystore trust.p12 -alias ca -file "$work/ca.der" 2> /dev/null
    key -exportcert -keystore tokens.p12 -alias tokens -file "$work/tokens.der" 2> /dev/null
    key -importcert -noprompt -keystore token-trust.p12 -alias tokens -file "$work/tokens.der" 2> /dev/null
fi
key -exportcert -keystore ca.p12 -alias ca -rfc -file "$work/ca.pem" 2> /dev/null

for each in "$@"; do
    name=${each%%=*}
    [[ $name =~ ^[A-Za-z0-9_-]+$ ]] || usage
    subject=$name
    alternative=()
    if [ "$name" != "$each" ]; then
        subject=broker
        names=
        IFS=, read -ra hosts <<< "${each#*=}"
        for host in "${hosts[@]}"; do
            kind=dns
            [[ ! $host =~ ^[0-9.]+$|: ]] || kind=ip
            names+=${names:+,}$kind:$host
        done
        alternative=(-ext "san=$names")
    fi
    # Put into its place at once: a server that looks for renewed keys never sees half of them.
    key -genkeypair -keystore "$work/$name.p12" -alias own -keyalg EC -groupname secp256r1 -dname "CN=$subject" 2> /dev/null
    key -certreq -keystore "$work/$name.p12" -alias own -file "$work/own.csr" 2> /dev/null
    key -gencert -keystore ca.p12 -alias ca -infile "$work/own.csr" -outfile "$work/own.pem" -rfc -validity 365 \
        -ext ku=digitalSignature -ext eku=serverAuth,clientAuth ${alternative[@]+"${alternative[@]}"} 2> /dev/null
    key -importcert -noprompt -keystore "$work/$name.p12" -alias ca -file "$work/ca.pem" 2> /dev/null
    key -importcert -noprompt -keystore "$work/$name.p12" -alias own -file "$work/own.pem" 2> /dev/null
    mv "$work/$name.p12" "$name.p12.new"
    mv "$name.p12.new" "$name.p12"
done
