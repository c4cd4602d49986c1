"""The cluster under test: kubectl for what a user would type, `kubectl proxy` for what is asked many times a second, and the test's OpenBao."""

import base64
import http.client
import json
import os
import pathlib
import re
import secrets
import socket
import subprocess
import tempfile
import time


def kubectl(*arguments, text=None, check=True):
    """What kubectl prints, errors included."""
    done = subprocess.run(["kubectl", *arguments], input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if check and done.returncode:
        raise AssertionError(f"kubectl {' '.join(arguments)}: {done.stdout.strip()}")
    return done.stdout


def until(what, condition, seconds=60.0, pause=0.05):
    """Waits for a condition and returns what it gave."""
    end = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(pause)
    return result


class Tunnel:
    """A kubectl that listens on a port of its own choice until closed: `kubectl proxy` or `kubectl port-forward`."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(["kubectl", *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        if not found:
            raise AssertionError(f"kubectl {' '.join(arguments)} did not start: {line.strip()}")
        self.port = int(found[1])

    def call(self, method, path, body=None, headers=None):
        """The status and the parsed answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json", **(headers or {})})
            answer = connection.getresponse()
            data = answer.read()
            return answer.status, json.loads(data) if data else None
        finally:
            connection.close()

    def close(self):
        self.process.terminate()
        self.process.wait()


class Api(Tunnel):
    def __init__(self):
        super().__init__("proxy", "--port=0")

    def pod(self, namespace, name):
        status, pod = self.call("GET", f"/api/v1/namespaces/{namespace}/pods/{name}")
        return pod if status == 200 else None

    def create(self, namespace, pod):
        status, answer = self.call("POST", f"/api/v1/namespaces/{namespace}/pods", pod)
        if status != 201:
            raise AssertionError(answer["message"])
        return answer

    def delete(self, namespace, name, grace=0):
        self.call("DELETE", f"/api/v1/namespaces/{namespace}/pods/{name}?gracePeriodSeconds={grace}")
        until(f"pod {name} is gone", lambda: self.pod(namespace, name) is None)

    def await_ready(self, namespace, name, seconds=90.0):
        def ready():
            pod = self.pod(namespace, name)
            return pod if pod and condition(pod, "Ready") else None

        return until(f"pod {namespace}/{name} is ready", ready, seconds, 0.02)


def condition(pod, kind):
    return any(c["type"] == kind and c["status"] == "True" for c in pod.get("status", {}).get("conditions", ()))


def restarts(pod):
    status = pod["status"]
    return sum(c["restartCount"] for c in status["containerStatuses"] + status.get("initContainerStatuses", []))


class OpenBao:
    """An OpenBao in the cluster that trusts the cluster's service accounts, and the way to it as its administrator."""

    NAMESPACE = "keyturn-e2e-openbao"

    def __init__(self, manifest):
        kubectl("create", "namespace", self.NAMESPACE)
        documents = manifest.read_text()
        kubectl("apply", "-f", "-", text=documents.split("\n---\n")[0])
        self.ip = kubectl("-n", self.NAMESPACE, "get", "service", "openbao", "-o", "jsonpath={.spec.clusterIP}")
        self.token = secrets.token_urlsafe(16)
        self.ca, certificate, key = self.certificate()
        listener = 'listener "tcp" {\n  address = "0.0.0.0:8300"\n  tls_cert_file = "/openbao/tls.crt"\n  tls_key_file = "/openbao/tls.key"\n}\n'
        data = {"token": self.token, "tls.crt": certificate, "tls.key": key, "listener.hcl": listener}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "openbao", "namespace": self.NAMESPACE},
                  "data": {name: base64.b64encode(value.encode()).decode() for name, value in data.items()}}
        kubectl("apply", "-f", "-", text=json.dumps(secret))
        kubectl("apply", "-f", "-", text=documents)
        kubectl("-n", self.NAMESPACE, "wait", "--for=condition=Ready", "pod/openbao", "--timeout=120s")
        self.tunnel = Tunnel("-n", self.NAMESPACE, "port-forward", "pod/openbao", ":8200")
        self.api("POST", "sys/auth/kubernetes", {"type": "kubernetes"})
        self.api("POST", "auth/kubernetes/config", {"kubernetes_host": "https://" + kubectl("get", "service", "kubernetes", "-o", "jsonpath={.spec.clusterIP}")})

    def certificate(self):
        """A CA's certificate, and a server's certificate and key for the Service's address and name, from OpenSSL."""
        with tempfile.TemporaryDirectory() as folder:
            files = pathlib.Path(folder)
            new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
            (files / "extensions").write_text(f"subjectAltName=IP:{self.ip},DNS:openbao.{self.NAMESPACE}.svc\nextendedKeyUsage=serverAuth\n")
            for arguments in (["req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=keyturn-e2e", "-days", "2"],
                              ["req", "-new", *new_key, "-keyout", "tls.key", "-out", "tls.csr", "-subj", "/CN=openbao"],
                              ["x509", "-req", "-in", "tls.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                               "-extfile", "extensions", "-out", "tls.crt"]):
                subprocess.run(["openssl", *arguments], cwd=folder, check=True, stderr=subprocess.DEVNULL)
            return [(files / name).read_text() for name in ("ca.crt", "tls.crt", "tls.key")]

    @property
    def address(self):
        return f"https://{self.ip}:8300"

    def api(self, method, path, body=None):
        status, answer = self.tunnel.call(method, "/v1/" + path, body, {"X-Vault-Token": self.token})
        if status >= 300:
            raise AssertionError(f"OpenBao answered {status} to {method} {path}: {answer}")
        return answer

    def write(self, path, **fields):
        """A new version of a KV v2 secret; returns when OpenBao had it (time.time)."""
        self.api("POST", f"secret/data/{path}", {"data": fields})
        return time.time()

    def allow(self, role, path):
        """Lets a service account of any namespace that is called like the role read one secret."""
        self.api("PUT", f"sys/policies/acl/{role}", {"policy": f'path "secret/data/{path}" {{ capabilities = ["read"] }}'})
        self.api("POST", f"auth/kubernetes/role/{role}", {"bound_service_account_names": [role], "bound_service_account_namespaces": ["*"],
                                                          "audience": "vault", "token_policies": [role], "token_ttl": "1h"})


class Moto:
    """What stands for AWS in the cluster, and the way to it as the account's administrator."""

    NAMESPACE = "keyturn-e2e-moto"

    def __init__(self, manifest):
        kubectl("apply", "-f", str(manifest))
        kubectl("-n", self.NAMESPACE, "wait", "--for=condition=Ready", "pod/moto", "--timeout=120s")
        self.address = "http://" + kubectl("-n", self.NAMESPACE, "get", "service", "moto", "-o", "jsonpath={.spec.clusterIP}") + ":5000"
        self.tunnel = Tunnel("-n", self.NAMESPACE, "port-forward", "pod/moto", ":5000")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tunnel.close()
        kubectl("delete", "namespace", self.NAMESPACE, "--wait")

    def call(self, target, body):
        """What AWS answers to an action such as `secretsmanager.CreateSecret`."""
        service = {"secretsmanager": "secretsmanager", "AmazonSSM": "ssm"}[target.partition(".")[0]]
        # moto looks for the service and the region in it, and at nothing else.
        signed = f"AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        status, answer = self.tunnel.call("POST", "/", body, {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1", "Authorization": signed})
        if status != 200:
            raise AssertionError(f"moto answered {status} to {target}: {answer}")
        return answer


class Node:
    """The files of a node that runs on this machine; what they are, only `cluster` knows."""

    def __init__(self, home):
        self.home = pathlib.Path(home)
        self.etcd = self.home / "etcd"
        self.kubelet = self.home / "kubelet"
        self.containerd = (self.home / "containerd", self.home / "run")
        self.logs = (self.home / "log", pathlib.Path("/var/log/pods"))

    def volumes(self, pod, prefix):
        """A pod's emptyDir folders whose name starts like this."""
        return sorted((self.kubelet / "pods" / pod["metadata"]["uid"] / "volumes/kubernetes.io~empty-dir").glob(prefix + "*"))

    def page(self, pod, path):
        """A page of the pod's sidecar, from its socket."""
        folder = os.open(self.volumes(pod, "keyturn-run")[0], os.O_PATH)
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                # A socket's own path would be too long (unix(7)).
                connection.connect(f"/proc/self/fd/{folder}/sidecar.sock")
                connection.sendall(f"GET {path} HTTP/1.1\r\n\r\n".encode())
                return b"".join(iter(lambda: connection.recv(65536), b"")).decode()
        finally:
            os.close(folder)
