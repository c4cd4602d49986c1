"""Records the AOT cache of the sidecar or the webhook: runs it on what it does in a cluster.

The sidecar with a real OpenBao and a stand-in for the cluster, the webhook with the reviews of a few pods.

    python3 record.py sidecar KEYTURN_HOME BAO        KEYTURN_HOME: opt/keyturn of the image being made
    python3 record.py webhook KEYTURN_HOME

The cluster only has to answer OpenBao's question whose token it is (TokenReview), so a few lines do.
"""

import base64
import http.client
import http.server
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

part, home = sys.argv[1], pathlib.Path(sys.argv[2])


class Cluster(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        user = {"username": "system:serviceaccount:default:app", "uid": "1", "groups": ["system:serviceaccounts"]}
        review["status"] = {"authenticated": True, "user": user, "audiences": ["vault"]}
        answer = json.dumps(review).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def token():
    """In the form of a service account's token; only the cluster above believes it."""
    now = int(time.time())
    claims = {"iss": "kubernetes", "aud": ["vault"], "iat": now, "nbf": now, "exp": now + 3600, "sub": "system:serviceaccount:default:app",
              "kubernetes.io": {"namespace": "default", "serviceaccount": {"name": "app", "uid": "1"}}}
    parts = [{"alg": "RS256", "kid": "1"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts]
    return b".".join([*encoded, base64.urlsafe_b64encode(b"signature")]).replace(b"=", b"").decode()


def give_up(why):
    log = work / "keyturn.log"
    sys.exit(f"record.py: {why}\n{log.read_text() if log.exists() else ''}")


def until(what, condition):
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            give_up(f"not within 60 s: {what}")
        time.sleep(0.05)


def here(arguments):
    """An argument file of the image, with the paths of the image being made. The JVM accepts the cache under another prefix too."""
    return (home / arguments).read_text().replace("/opt/keyturn", str(home))


def record_sidecar(bao):
    cluster = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cluster)
    threading.Thread(target=cluster.serve_forever, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    log = work / "bao.log"
    server = subprocess.Popen(
        [bao, "server", "-dev-tls", f"-dev-tls-cert-dir={work}", "-dev-no-store-token", f"-dev-listen-address={listen}"],
        stdout=log.open("w"), stderr=subprocess.STDOUT, env={**os.environ, "BAO_DEV_ROOT_TOKEN_ID": "root"})
    sidecar = None
    try:
        until("OpenBao starts", lambda: "Root Token" in log.read_text())
        ca = next(work.glob("*ca.pem"))
        address = f"https://{listen}"

        def api(method, path, body):
            request = urllib.request.Request(f"{address}/v1/{path}", json.dumps(body).encode(), {"X-Vault-Token": "root"}, method=method)
            urllib.request.urlopen(request, context=ssl.create_default_context(cafile=ca)).close()

        api("POST", "sys/auth/kubernetes", {"type": "kubernetes"})
        api("POST", "auth/kubernetes/config", {"kubernetes_host": f"http://127.0.0.1:{cluster.server_port}", "kubernetes_ca_cert": ca.read_text()})
        api("PUT", "sys/policies/acl/app", {"policy": 'path "secret/*" { capabilities = ["read"] }'})
        api("POST", "auth/kubernetes/role/app", {"bound_service_account_names": ["app"], "bound_service_account_namespaces": ["default"],
                                                 "audience": "vault", "token_policies": ["app"]})
        api("POST", "secret/data/app", {"data": {"username": "recording", "password": "first"}})

        (work / "token").write_text(token())
        (work / "mount").mkdir()
        plan = {"vault": {"address": address, "role": "app", "token-file": str(work / "token"), "ca": ca.read_text()},
                "secrets": {"db": {"from": "vault:secret/data/app", "refresh": "6s"},
                            "password": {"from": "vault:secret/data/app#password", "refresh": "6s"}}}
        environment = {"KEYTURN_PLAN": json.dumps(plan), "KEYTURN_MOUNTS": str(work / "mount"), "KEYTURN_ENDPOINT": f"unix:{work}/sidecar.sock",
                       "KEYTURN_AGENT_TARGET": str(work), "KEYTURN_AGENT_JAR": str(home / "keyturn-javaagent.jar"), "MALLOC_ARENA_MAX": "1"}

        # What is recorded goes on where another has gone to sleep (docs/hibernation.md), and logs in anew all the same.
        state = work / "state"
        state.mkdir(0o700)
        hibernating = {**environment, "KEYTURN_HIBERNATE": str(state)}
        plain = work / "plain.args"
        plain.write_text(here("sidecar.args").replace("-XX:AOTCache=", "#"))
        before = subprocess.run([home / "jre/bin/java", f"@{plain}", "run"], env={**hibernating, "KEYTURN_ENDPOINT": "none"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
        if before.returncode != 75:
            give_up(f"the sidecar does not sleep, it ended with {before.returncode}")
        # A place that is taken: it tries to sleep, which is recorded too, and stays awake for the rest.
        (state / "wake.new").mkdir()
        (state / "wake.new/taken").touch()
        api("POST", "sys/leases/revoke-prefix/auth/kubernetes/login", {})

        recording = work / "recording.args"
        recording.write_text(here("sidecar.args").replace("-XX:AOTCache=", "-XX:AOTCacheOutput="))
        endpoint = socket.socket(socket.AF_UNIX)
        endpoint.bind(str(work / "sidecar.sock"))
        endpoint.listen()
        sidecar = subprocess.Popen([home / "jre/bin/java", f"@{recording}", "run"], env=hibernating, stdin=endpoint, stdout=subprocess.DEVNULL, stderr=(work / "keyturn.log").open("w"))
        probe = work / "probe.args"
        probe.write_text(here("probe.args").replace("-XX:AOTCache=", "#"))
        if subprocess.run([home / "jre/bin/java", f"@{probe}"], env=environment).returncode:
            give_up("the sidecar is not ready")
        api("POST", "secret/data/app", {"data": {"username": "recording", "password": "second"}})
        until("the sidecar publishes a second version", lambda: (work / "mount/password").read_text() == "second")
        until("the sidecar tries to sleep", lambda: "stays awake" in (work / "keyturn.log").read_text())
        sidecar.send_signal(signal.SIGTERM)
        if sidecar.wait(120):
            give_up(f"the sidecar ended with {sidecar.returncode}")
    finally:
        if sidecar:
            sidecar.kill()
        server.kill()
        server.wait()
        cluster.shutdown()


def record_webhook():
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", work / "tls.key", "-out", work / "tls.crt"], check=True, capture_output=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    recording = work / "recording.args"
    recording.write_text(here("webhook.args").replace("-XX:AOTCache=", "-XX:AOTCacheOutput="))
    environment = {"KEYTURN_IMAGE": "example.com/keyturn:1", "KEYTURN_LISTEN": f"127.0.0.1:{port}", "KEYTURN_CERTIFICATE": "files",
                   "KEYTURN_CERTIFICATE_DIR": str(work), "KEYTURN_VAULT_ADDRESS": "https://vault.example:8200", "KEYTURN_VAULT_ANNOTATIONS": "true",
                   "KEYTURN_DRAIN": "0s"}
    log = work / "keyturn.log"
    webhook = subprocess.Popen([home / "jre/bin/java", f"@{recording}"], env=environment, stdout=subprocess.DEVNULL, stderr=log.open("w"))
    try:
        until("the webhook starts", lambda: '"started"' in log.read_text())
        dialects = [{"keyturn.dev/inject": "true", "keyturn.dev/secret.db": "vault:secret/data/app", "keyturn.dev/vault.role": "app",
                     "keyturn.dev/java-agent": "true"},
                    {"vault.hashicorp.com/agent-inject": "true", "vault.hashicorp.com/agent-inject-secret-db": "secret/data/app",
                     "vault.hashicorp.com/role": "app"},
                    {"keyturn.dev/injekt": "true"}]
        client = http.client.HTTPSConnection("127.0.0.1", port, context=ssl.create_default_context(cafile=work / "tls.crt"))
        for number in range(300):
            pod = {"metadata": {"generateName": "app-", "annotations": dialects[number % 3]},
                   "spec": {"serviceAccountName": "app", "containers": [{"name": "app", "image": "example.com/app:1", "securityContext": {"runAsUser": 1000}}]}}
            review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
                "uid": str(number), "kind": {"group": "", "version": "v1", "kind": "Pod"}, "namespace": "app", "operation": "CREATE", "object": pod}}
            client.request("POST", "/mutate?timeout=5s", json.dumps(review), {"Content-Type": "application/json"})
            if client.getresponse().read() and number == 0:
                client.request("GET", "/readyz")
                client.getresponse().read()
        client.close()
        webhook.send_signal(signal.SIGTERM)
        if webhook.wait(120):
            give_up(f"the webhook ended with {webhook.returncode}")
    finally:
        webhook.kill()


with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
    work = pathlib.Path(folder)
    if part == "sidecar":
        record_sidecar(sys.argv[3])
    else:
        record_webhook()
