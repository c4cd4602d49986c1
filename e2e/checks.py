"""What bin/e2e asserts, in order. Each check is a sentence; the run goes on after a failed one.

Values that stand for secrets are made here, at random, and only ever go to OpenBao: never into an argument, an environment or a file of this process.
"""

import base64
import hashlib
import json
import os
import pathlib
import random
import re
import secrets
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import traceback

import overloaded
import scan
from cluster import Api, Moto, Node, OpenBao, condition, kubectl, restarts, until

ROOT = pathlib.Path(__file__).parent.parent
CHART = ROOT / "deploy/helm/keyturn"
PREVIOUS = ROOT / "e2e/previous-chart"  # the chart's version before the one of CHART, as it was
SYSTEM = "keyturn"  # where Keyturn runs
SHOP = "keyturn-e2e-shop"  # where the examples run
TESTS = "keyturn-e2e-tests"  # where other pods of the checks run
ENVIRONMENTS = {name: f"keyturn-e2e-{name}" for name in ("dev", "staging", "production")}  # where one manifest runs
NAMESPACES = (TESTS, SHOP, *ENVIRONMENTS.values(), OpenBao.NAMESPACE, Moto.NAMESPACE, SYSTEM)

CHECKS = []


def check(sentence):
    def register(function):
        CHECKS.append((sentence, function))
        return function

    return register


class NotChecked(Exception):
    """This cluster cannot show it; the message says why."""


class Run:
    """What the checks share: the cluster, and the canary with its generations."""

    def __init__(self):
        self.api = Api()
        home = os.environ.get("KEYTURN_E2E_NODE")
        self._node = Node(home) if home else None
        self.since = time.time() - 1
        # The first four characters differ, so that a shortened line tells which one it shows.
        self.canary = {turn: f"{start}{secrets.token_hex(2)}-canary-{secrets.token_hex(12)}" for turn, start in (("first", "1st"), ("second", "2nd"))}
        self.bao = None
        self.values = {}  # of the chart
        self.kept = {}

    @property
    def node(self):
        if not self._node:
            raise NotChecked("needs the files of a node on this machine")
        return self._node

    def shop_pod(self, app):
        return json.loads(kubectl("-n", SHOP, "get", "pods", "-l", f"app={app}", "-o", "json"))["items"][0]


def needle(canary):
    """The random part: also found where only a piece of the value got to."""
    return canary.rsplit("-", 1)[1]


def pod(name, annotations=None, containers=None, init=(), **spec):
    """A pod that sleeps, as the service account `tests`, with what a check needs."""
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "annotations": annotations or {}},
            "spec": {"serviceAccountName": "tests", "terminationGracePeriodSeconds": 1, "restartPolicy": "Never",
                     "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
                     "initContainers": list(init), "containers": containers or [shell("app", "sleep 3600")], **spec}}


def shell(name, script, **more):
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    return {"name": name, "image": "busybox:latest", "imagePullPolicy": "IfNotPresent", "command": ["sh", "-c", script], "securityContext": security, **more}


INJECTED = {"keyturn.dev/inject": "true", "keyturn.dev/secret.password": "vault:secret/data/tests#password"}


def log(namespace, name, container, *more):
    return kubectl("-n", namespace, "logs", name, "-c", container, *more)


# ---- installation ----------------------------------------------------------------------------------------------------------------------


@check("the chart passes helm lint, renders what it did, and refuses wrong values")
def manifests(run):
    done = subprocess.run([ROOT / "deploy/check"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


def helm(command, chart, values, *more):
    subprocess.run(["helm", command, "keyturn", chart, "-n", SYSTEM, "-f", "-", "--wait", "--timeout", "3m", *more],
                   input=json.dumps(values), text=True, check=True, stdout=subprocess.DEVNULL)


@check("Helm installs the chart's previous version where Pod Security is strictest, and upgrades it; no pod is refused meanwhile")
def install(run):
    run.bao = OpenBao(ROOT / "e2e/openbao.yaml")
    values = run.values = {"vault": {"address": run.bao.address, "ca": run.bao.ca}}
    # The strictest level that Kubernetes has: the webhook and what it injects have to pass it.
    for namespace in (SYSTEM, SHOP, TESTS):
        kubectl("create", "namespace", namespace)
        kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    helm("install", PREVIOUS, {**values, "image": {"repository": "keyturn-webhook"}})  # it knows one image alone, and starts the webhook from it
    for account in ("shop", "tests"):
        run.bao.allow(account, account)
    kubectl("-n", TESTS, "create", "serviceaccount", "tests")
    run.bao.write("tests", username="tests", password="not-the-canary")
    until("the webhook's certificate is known to the API server", lambda: "caBundle" in kubectl("get", "mutatingwebhookconfiguration", "keyturn", "-o", "json"))
    with Asking(run) as asked:
        values["missedInjections"] = {"every": "10s"}
        helm("upgrade", CHART, values)
        time.sleep(8)  # the last of the former replicas has gone
    print(f"      {asked}")
    assert asked.count > 20 and not asked.refused, asked.refused[:3]


class Asking:
    """Has the API server admit an annotated pod again and again, without creating it, until the block ends."""

    def __init__(self, run):
        self.run, self.count, self.refused, self.longest = run, 0, [], 0.0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.ask)

    def ask(self):
        while not self.stop.is_set():
            begin = time.monotonic()
            status, answer = self.run.api.call("POST", f"/api/v1/namespaces/{TESTS}/pods?dryRun=All", pod("asked", INJECTED))
            self.count += 1
            self.longest = max(self.longest, time.monotonic() - begin)
            if status != 201 or answer["metadata"]["annotations"].get("keyturn.dev/status") != "injected":
                self.refused.append(answer.get("message", "not injected"))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()

    def __str__(self):
        return f"{self.count} pods asked for, {len(self.refused)} refused, {self.longest:.2f} s at most"


# ---- the examples ----------------------------------------------------------------------------------------------------------------------

EXAMPLES = {"java-app": ("app", "DB_PASSWORD is "), "files": ("reader", "password is ")}


def shown(app):
    """The last line that an example has printed about its secret, and when (seconds since 1970)."""
    container, start = EXAMPLES[app]
    found = None
    for line in log(SHOP, f"deployment/{app}", container, "--timestamps").splitlines():
        stamp, _, text = line.partition(" ")
        if text.startswith(start):
            seconds, fraction = stamp.rstrip("Z").split(".")
            found = text[len(start):], time.mktime(time.strptime(seconds + "UTC", "%Y-%m-%dT%H:%M:%S%Z")) - time.timezone + float("0." + fraction)
    return found


def await_shown(run, app, turn, seconds):
    """When an example showed the canary's generation."""
    short = f"{run.canary[turn][:4]}... ({len(run.canary[turn])} characters)"

    def last():
        line = shown(app)
        return line[1] if line and line[0] == short else None

    return until(f"{app} shows {short}", last, seconds, 0.2)


@check("both examples read the secret")
def examples_read(run):
    run.bao.write("shop", username="shop", password=run.canary["first"])
    for app in EXAMPLES:
        kubectl("-n", SHOP, "apply", "-f", str(ROOT / f"examples/{app}/{app}.yaml"))
    for app in EXAMPLES:
        kubectl("-n", SHOP, "rollout", "status", f"deployment/{app}", "--timeout=90s")
        await_shown(run, app, "first", 15)
        run.kept[app] = run.shop_pod(app)


@check("the sidecar and its probe start from the AOT cache")
def cache(run):
    # With this mode the JVM does not start at all when the cache does not fit its flags, jars or runtime.
    java = ("-n", SHOP, "exec", "deployment/files", "-c", "keyturn", "--", "/opt/keyturn/jre/bin/java", "-XX:AOTMode=on")
    kubectl(*java, "@/opt/keyturn/probe.args")
    said = kubectl(*java, "@/opt/keyturn/sidecar.args", check=False)
    assert "usage" in said, said


@check("both examples show the new secret after it rotated, with no restart")
def rotation(run):
    volumes = {app: run._node.volumes(run.kept[app], "keyturn-secrets-")[0] for app in EXAMPLES} if run._node else {}
    names = {"java-app": "db", "files": "password"}
    written = run.bao.write("shop", username="shop", password=run.canary["second"])
    visible = {}

    def published():
        for app, volume in volumes.items():
            if app not in visible and run.canary["second"] in (volume / names[app]).read_text():
                visible[app] = time.time()
        return len(visible) == len(volumes)

    until("the new secret is in both mounts", published, 30, 0.005)
    for app in EXAMPLES:
        showed = await_shown(run, app, "second", 30)
        mount = f"in the mount after {visible[app] - written:.2f} s, " if app in visible else ""
        print(f"      {app}: {mount}shown after {showed - written:.2f} s (refresh 10 s)")
        after = run.shop_pod(app)
        assert after["metadata"]["uid"] == run.kept[app]["metadata"]["uid"], f"{app}: another pod"
        assert restarts(after) == 0, f"{app}: {restarts(after)} restarts"


@check("the sidecar tells that the JVM uses the new version")
def version_in_use(run):
    def used():
        lines = (json.loads(line) for line in log(SHOP, "deployment/java-app", "keyturn").splitlines() if '"acknowledged"' in line)
        return [line["version"] for line in lines if (line["secret"], line["container"]) == ("db", "app")]

    versions = until("the JVM says that it uses the first and then the second version", lambda: len(set(used())) > 1 and used(), 20)
    if not run._node:
        raise NotChecked(f"the metrics need the files of a node on this machine; the audit lines tell of versions {versions}")
    page = run._node.page(run.shop_pod("java-app"), "/metrics")
    expected = f'keyturn_secret_in_use_version_info{{secret="db",container="app",process="1",version="{versions[-1]}"}} 1'
    assert expected in page, [line for line in page.splitlines() if "version_info" in line]


# ---- the secret is nowhere else --------------------------------------------------------------------------------------------------------


def places(run, value):
    """Everywhere that the value is, by the kind of place."""
    found = {"pod JSON": ["kubectl get pods"] if scan.holds(kubectl("get", "pods", "-A", "-o", "json").encode(), value) else [],
             "container logs": []}
    for item in json.loads(kubectl("get", "pods", "-A", "-o", "json"))["items"]:
        name, namespace = item["metadata"]["name"], item["metadata"]["namespace"]
        if scan.holds(kubectl("-n", namespace, "logs", name, "--all-containers", check=False).encode(), value):
            found["container logs"].append(f"{namespace}/{name}")
    if run._node:
        node = run.node
        found |= {"etcd": scan.files(node.etcd, value, run.since),
                  "environment": scan.processes(value, "environ"),
                  "command line": scan.processes(value, "cmdline"),
                  "log files": [path for root in node.logs for path in scan.files(root, value, run.since)],
                  "the kubelet's disk": scan.files(node.kubelet, value, run.since),
                  "containerd's disk": [path for root in node.containerd for path in scan.files(root, value, run.since)]}
    return found


@check("the secret is nowhere else: pods' JSON, etcd, environments, command lines, logs, disks")
def nowhere_else(run):
    for turn, canary in run.canary.items():
        found = {kind: paths for kind, paths in places(run, needle(canary)).items() if paths}
        assert not found, f"the {turn} canary is in {found}"
    if not run._node:
        raise NotChecked("etcd, processes and disks need the files of a node on this machine; pods' JSON and logs are clean")
    in_memory = scan.files(run.node.kubelet, needle(run.canary["second"]), run.since, memory=True)
    uids = {app: run.kept[app]["metadata"]["uid"] for app in EXAMPLES}
    assert all(any(uid in path for path in in_memory) for uid in uids.values()), f"the same search misses it on the tmpfs, where it is: {in_memory}"


@check("the same search finds a value planted in each of these places")
def scan_finds(run):
    run.node
    planted = secrets.token_hex(12)
    script = 'echo "$PLANTED"; echo "$PLANTED" >/disk/file; echo "$PLANTED" >/tmp/file; while :; do sleep 1; done'
    container = shell("app", script, args=["app", planted], env=[{"name": "PLANTED", "value": planted}], volumeMounts=[{"name": "disk", "mountPath": "/disk"}])
    run.api.create(TESTS, pod("planted", containers=[container], volumes=[{"name": "disk", "emptyDir": {}}]))
    run.api.await_ready(TESTS, "planted")
    until("the pod has written", lambda: planted in log(TESTS, "planted", "app"), 10)
    missed = [kind for kind, paths in places(run, planted).items() if not paths]
    run.api.delete(TESTS, "planted")
    assert not missed, f"not found in {missed}"


# ---- other pods ------------------------------------------------------------------------------------------------------------------------


@check("a Job with the sidecar completes")
def job(run):
    template = pod("unused", INJECTED, [shell("app", 'test "$(cat /keyturn/secrets/password)" = not-the-canary')])
    body = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "job"},
            "spec": {"backoffLimit": 0, "template": {"metadata": {"annotations": INJECTED}, "spec": template["spec"]}}}
    kubectl("-n", TESTS, "apply", "-f", "-", text=json.dumps(body))
    kubectl("-n", TESTS, "wait", "--for=condition=Complete", "job/job", "--timeout=60s")
    finished = json.loads(kubectl("-n", TESTS, "get", "pods", "-l", "job-name=job", "-o", "json"))["items"][0]
    statuses = finished["status"]["containerStatuses"] + finished["status"]["initContainerStatuses"]
    codes = {s["name"]: s["state"]["terminated"]["exitCode"] for s in statuses}
    assert set(codes.values()) == {0} and "keyturn" in codes, codes


@check("an init container of the application reads its secret")
def init_container(run):
    run.api.create(TESTS, pod("init", INJECTED, init=[shell("migrate", 'test "$(cat /keyturn/secrets/password)" = not-the-canary')]))
    run.api.await_ready(TESTS, "init")
    run.api.delete(TESTS, "init")


@check("the other kinds of sidecar, and a server without TLS, give the secret too")
def other_kinds(run):
    for kind in ("init-and-sidecar", "init"):
        plain = {"keyturn.dev/sidecar": kind, "keyturn.dev/vault.address": f"http://{run.bao.ip}:8200"}
        run.api.create(TESTS, pod(kind, {**INJECTED, **plain}, [shell("app", 'test "$(cat /keyturn/secrets/password)" = not-the-canary && sleep 3600')]))
        run.api.await_ready(TESTS, kind)
        run.api.delete(TESTS, kind)


@check("a pod whose sidecar hibernates gets its secret and a new one with one login, and leaves no token behind")
def hibernation(run):
    name = "hibernate"
    kubectl("-n", TESTS, "create", "serviceaccount", name)
    run.bao.allow(name, name)
    run.bao.write(name, password="not-the-canary")
    annotations = {"keyturn.dev/inject": "true", "keyturn.dev/hibernate": "true", "keyturn.dev/secret.password": f"vault:secret/data/{name}#password",
                   "keyturn.dev/refresh.password": "15s"}
    app = shell("app", 'trap exit TERM; until test "$(cat /keyturn/secrets/password)" = not-the-canary-either; do sleep 0.1; done; echo seen; sleep 3600 & wait')
    run.api.create(TESTS, pod(name, annotations, [app], serviceAccountName=name, terminationGracePeriodSeconds=30))
    created = run.api.await_ready(TESTS, name)
    if run._node:
        state = run._node.volumes(created, "keyturn-state")[0] / "own/state"
        until("the sidecar has slept", state.exists, 30)
    written = run.bao.write(name, password="not-the-canary-either")
    until("the new secret is seen", lambda: "seen" in log(TESTS, name, "app"), 40)
    print(f"      a change was seen after {time.time() - written:.2f} s (refresh 15 s)")

    def tokens():
        accessors = run.bao.api("GET", "auth/token/accessors?list=true")["data"]["keys"]
        known = [run.bao.api("POST", "auth/token/lookup-accessor", {"accessor": accessor})["data"] for accessor in accessors]
        return sum(name in token["policies"] for token in known)

    assert tokens() == 1, tokens()
    after = run.api.pod(TESTS, name)
    assert restarts(after) == 0, f"{restarts(after)} restarts"
    run.api.delete(TESTS, name, grace=30)
    assert tokens() == 0, "its token is still good"


def store(name, value):
    """As a Kubernetes Secret."""
    kubectl("-n", TESTS, "apply", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": {"password": value}}))


@check("Kubernetes Secrets: from a volume without a Role, and by the API with a Role for their names alone; a new value and a later Secret arrive")
def kubernetes_secrets(run):
    values = [f"{secrets.token_hex(4)}-stored-{secrets.token_hex(12)}" for _ in range(2)]
    store("stored", values[0])
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "stored"},
            "rules": [{"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["stored", "later"], "verbs": ["get", "watch"]}]}
    binding = {"apiVersion": role["apiVersion"], "kind": "RoleBinding", "metadata": {"name": "stored"}, "subjects": [{"kind": "ServiceAccount", "name": "tests"}],
               "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "stored"}}
    for document in (role, binding):
        kubectl("-n", TESTS, "apply", "-f", "-", text=json.dumps(document))
    reader = [shell("app", "while :; do md5sum /keyturn/secrets/password; sleep 0.2; done")]
    wanted = {"keyturn.dev/inject": "true", "keyturn.dev/secret.password": "k8s:secret/stored#password"}
    ways = {"by-volume": {}, "by-api": {"keyturn.dev/kubernetes.access": "api"}}
    for name, way in ways.items():
        run.api.create(TESTS, pod(name, {**wanted, **way}, reader))
    late = {**wanted, **ways["by-api"], "keyturn.dev/secret.password": "k8s:secret/later#password"}
    run.api.create(TESTS, pod("by-api-later", late, reader))
    for name in ways:
        run.api.await_ready(TESTS, name)
        until(f"{name} has the value", lambda: md5(values[0]) in log(TESTS, name, "app", "--tail=1"), 10)
    store("stored", values[1])
    begin = time.monotonic()
    # The kubelet looks at its volumes about once a minute, and when something of their pod changes.
    kubectl("-n", TESTS, "annotate", "pod", "by-volume", "example.com/look=now")
    for name in ("by-api", "by-volume"):
        until(f"{name} has the new value", lambda: md5(values[1]) in log(TESTS, name, "app", "--tail=1"), 150)
        print(f"      {name}: read by the application after {time.monotonic() - begin:.1f} s")
    waiting = until("the one whose Secret is missing tells", lambda: [line for line in log(TESTS, "by-api-later", "keyturn").splitlines() if "k8s:secret/later" in line], 30)
    assert not any(value in line for line in waiting for value in values)
    assert not condition(run.api.pod(TESTS, "by-api-later"), "Ready"), "ready without its secret"
    store("later", values[0])
    run.api.await_ready(TESTS, "by-api-later")
    for value in values:
        found = {kind: paths for kind, paths in places(run, needle(value)).items() if paths and kind != "etcd"}
        assert not found, f"a value of a Kubernetes Secret is in {found}"
    for name in (*ways, "by-api-later"):
        run.api.delete(TESTS, name)
    kubectl("-n", TESTS, "delete", "secret", "stored", "later")


@check("a file of sops in a ConfigMap is plain in the pod's memory, and nowhere else")
def sops(run):
    # A vector of the tests: real sops has encrypted it, for a key that is nobody's.
    vectors = ROOT / "sidecar/src/test/resources/sops"
    kubectl("-n", TESTS, "create", "configmap", "sops", f"--from-file={vectors / 'plain.enc.yaml'}")
    kubectl("-n", TESTS, "create", "secret", "generic", "sops-age", f"--from-file=age.txt={vectors / 'TEST-KEY-a.txt'}")
    wanted = {"keyturn.dev/inject": "true", "keyturn.dev/sops-configmap": "sops", "keyturn.dev/extra-secret": "sops-age",
              "keyturn.dev/sops.age-identity-file": "/keyturn/extra/age.txt", "keyturn.dev/secret.password": "sops:/keyturn/sops/plain.enc.yaml#db.password"}
    run.api.create(TESTS, pod("sops", wanted, [shell("app", "md5sum /keyturn/secrets/password; sleep 3600")]))
    run.api.await_ready(TESTS, "sops")
    plain = "canary-nested"
    until("the value is plain in the mount", lambda: md5(plain) in log(TESTS, "sops", "app"), 10)
    found = {kind: paths for kind, paths in places(run, plain).items() if paths}
    assert not found, f"the plaintext is in {found}"
    run.api.delete(TESTS, "sops")
    kubectl("-n", TESTS, "delete", "configmap/sops", "secret/sops-age")


@check("examples/aws has its secrets with the pod's own service account, and new ones after a hint; they are nowhere else")
def aws(run):
    turns = ("first", "second")
    passwords, tokens = ({turn: f"{secrets.token_hex(4)}-aws-{secrets.token_hex(12)}" for turn in turns} for _ in range(2))

    def read(name):
        return kubectl("-n", TESTS, "exec", "aws", "-c", "app", "--", "cat", f"/keyturn/secrets/{name}")

    def write(moto, turn, action, **more):
        string = json.dumps({"username": "shop", "password": passwords[turn]})
        version = moto.call(f"secretsmanager.{action}", {"Name" if turn == "first" else "SecretId": "prod/db", "SecretString": string})["VersionId"]
        moto.call("AmazonSSM.PutParameter", {"Name": "/prod/shop/api-token", "Type": "SecureString", "Value": tokens[turn], **more})
        return version

    def has(turn):
        return passwords[turn] in read("db") and tokens[turn] == read("api-token")

    def audited():
        lines = (json.loads(line) for line in log(TESTS, "aws", "keyturn").splitlines() if '"aws-sm:prod/db"' in line)
        return {line.get("version") for line in lines}

    with Moto(ROOT / "e2e/moto.yaml") as moto:
        written = write(moto, "first", "CreateSecret")
        # As a user would apply it, but for where AWS is and an image that the cluster has.
        account, example = (ROOT / "examples/aws/aws.yaml").read_text().replace("busybox:1.37", "busybox:latest").split("\n---\n")
        region = "    keyturn.dev/aws.region: eu-central-1\n"
        assert region in example
        example = example.replace(region, f"{region}    keyturn.dev/aws.endpoint: {moto.address}\n").replace("image: busybox:latest", "image: busybox:latest\n      imagePullPolicy: IfNotPresent")
        kubectl("-n", TESTS, "apply", "-f", "-", text=f"{account}\n---\n{example}")
        created = run.api.await_ready(TESTS, "aws")
        until("the application has both", lambda: has("first"), 10)
        until("the audit tells AWS' own version", lambda: written in audited(), 10)
        written = write(moto, "second", "PutSecretValue", Overwrite=True)
        begin = time.monotonic()
        kubectl("-n", TESTS, "annotate", "pod", "aws", "keyturn.dev/refresh=rotated within 0s")
        until("the application has the new ones", lambda: has("second"), 150)
        print(f"      a change was at the application {time.monotonic() - begin:.1f} s after a hint (refresh 5 min)")
        until("the audit tells the new version", lambda: written in audited(), 10)
        assert restarts(run.api.pod(TESTS, "aws")) == 0, "something has restarted"
        for value in (*passwords.values(), *tokens.values()):
            found = {kind: paths for kind, paths in places(run, needle(value)).items() if paths}
            assert not found, f"a secret of AWS is in {found}"
        if run._node:
            for value in (passwords["second"], tokens["second"]):
                in_memory = scan.files(run.node.kubelet, needle(value), run.since, memory=True)
                assert any(created["metadata"]["uid"] in path for path in in_memory), f"the same search misses it on the tmpfs, where it is: {in_memory}"
        run.api.delete(TESTS, "aws")
    kubectl("-n", TESTS, "delete", "serviceaccount", "shop")


@check("one manifest has its secret from a ConfigMap in dev, a Kubernetes Secret in staging and OpenBao in production, as each namespace's profile says")
def environments(run):
    folder = ROOT / "examples/environments"
    values = {"dev": "only-for-development"} | {name: f"{secrets.token_hex(4)}-{name}-{secrets.token_hex(12)}" for name in ("staging", "production")}
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        # As the example's README has it.
        file.write("profiles:\n" + textwrap.indent((folder / "profiles.yaml").read_text(), "  "))
        file.flush()
        helm("upgrade", CHART, run.values, "-f", file.name)
    try:
        for name, namespace in ENVIRONMENTS.items():
            kubectl("create", "namespace", namespace)
            kubectl("label", "namespace", namespace, f"keyturn.dev/profile={name}", "pod-security.kubernetes.io/enforce=restricted")
        kubectl("-n", ENVIRONMENTS["dev"], "create", "configmap", "fixtures", f"--from-file={folder / 'fixtures'}")
        stored = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, "stringData": {"username": "orders", "password": values["staging"]}}
        kubectl("-n", ENVIRONMENTS["staging"], "apply", "-f", "-", text=json.dumps(stored))
        run.bao.allow("orders", "orders/db")
        run.bao.write("orders/db", username="orders", password=values["production"])
        for namespace in ENVIRONMENTS.values():
            kubectl("-n", namespace, "apply", "-f", str(folder / "orders.yaml"))
        for name, namespace in ENVIRONMENTS.items():
            kubectl("-n", namespace, "rollout", "status", "deployment/orders", "--timeout=120s")
            line = f"password is {values[name][:4]}... ({len(values[name])} characters)"
            until(f"{name} shows its secret", lambda: line in log(namespace, "deployment/orders", "reader"), 20)
            audit = log(namespace, "deployment/orders", "keyturn")
            print(f"      {name}: " + next(json.loads(it)["reference"] for it in audit.splitlines() if '"reference"' in it))
        found = {kind: paths for kind, paths in places(run, needle(values["production"])).items() if paths}
        assert not found, f"production's secret is in {found}"
    finally:
        kubectl("delete", "namespace", *ENVIRONMENTS.values(), "--ignore-not-found", "--wait")
        helm("upgrade", CHART, run.values)


@check("the API server accepts what of examples/argocd is of its own kinds (--dry-run=server), and the pod as the webhook changes it")
def argocd(run):
    rendered = kubectl("kustomize", str(ROOT / "examples/argocd/shop"))
    own = [document for document in rendered.split("\n---\n") if not re.search(r"^apiVersion: .*(bitnami|external-secrets)", document, re.M)]
    accepted = json.loads(kubectl("-n", TESTS, "apply", "--dry-run=server", "-o", "json", "-f", "-", text="\n---\n".join(own)))["items"]
    assert {it["kind"] for it in accepted} == {"ServiceAccount", "ConfigMap", "Deployment"}, accepted
    template = next(it["spec"]["template"] for it in accepted if it["kind"] == "Deployment")
    body = {"apiVersion": "v1", "kind": "Pod", **template, "spec": {**template["spec"], "serviceAccountName": "tests", "serviceAccount": "tests"}}
    body["metadata"]["name"] = "argocd"
    status, created = run.api.call("POST", f"/api/v1/namespaces/{TESTS}/pods?dryRun=All", body)
    assert status == 201 and plan_of(created)["secrets"].keys() == {"db", "api-token", "signing-key"}, created


def md5(value):
    return hashlib.md5(value.encode(), usedforsecurity=False).hexdigest()


@check("a hint by the pod's annotation, and by keyturn refresh, has a secret looked at now that would be in an hour")
def hinted(run):
    reader = [shell("app", "while :; do md5sum /keyturn/secrets/password; sleep 0.1; done")]
    run.api.create(TESTS, pod("hinted", {**INJECTED, "keyturn.dev/refresh.password": "1h"}, reader))
    run.api.await_ready(TESTS, "hinted")
    seconds = []
    try:
        for turn in range(5):
            value = f"{secrets.token_hex(4)}-hinted-{turn}"
            run.bao.write("tests", username="tests", password=value)
            begin = time.monotonic()
            kubectl("-n", TESTS, "annotate", "--overwrite", "pod", "hinted", f"keyturn.dev/refresh=password@turn {turn} within 0s")
            until("the application reads the new value", lambda: md5(value) in log(TESTS, "hinted", "app", "--tail=1"), 150)
            seconds.append(time.monotonic() - begin)
            time.sleep(5)  # one look in so many seconds
        print(f"      from the annotation to the application: {', '.join(f'{it:.1f}' for it in seconds)} s")
        run.bao.write("tests", username="tests", password="not-the-canary")
        refresh = subprocess.run([ROOT / "bin/keyturn", "refresh", "-n", TESTS, "--secret", "password", "--wait", "150", "hinted"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert refresh.returncode == 0 and "hinted: has looked" in refresh.stdout, refresh.stdout
        until("the application reads the former value", lambda: md5("not-the-canary") in log(TESTS, "hinted", "app", "--tail=1"), 5)
        assert restarts(run.api.pod(TESTS, "hinted")) == 0, "something has restarted"
    finally:
        run.bao.write("tests", username="tests", password="not-the-canary")
    run.api.delete(TESTS, "hinted")


@check("a file made from a template, which shares what a reference reads, is there")
def templated(run):
    text = '{{ with secret "secret/data/tests" }}user = {{ .Data.data.username | sprig_quote }}{{ "\\n" }}password = {{ .Data.data.password | toJSON }}{{ end }}'
    annotations = {**INJECTED, "keyturn.dev/template.app.conf": text}
    script = 'test "$(cat /keyturn/secrets/app.conf)" = "$(printf \'user = "tests"\\npassword = "not-the-canary"\')" && sleep 3600'
    run.api.create(TESTS, pod("templated", annotations, [shell("app", script)]))
    run.api.await_ready(TESTS, "templated")
    run.api.delete(TESTS, "templated")
    bad = pod("templated", {**INJECTED, "keyturn.dev/template.app.conf": "{{ with secret }}{{ end"})
    message = kubectl("-n", TESTS, "apply", "-f", "-", text=json.dumps(bad), check=False)
    assert "denied" in message and "keyturn.dev/template.app.conf: line 1, column" in message, message


def patched(document, operations):
    """What a JSON patch (RFC 6902: add, replace, remove) makes of a document."""
    for operation in operations:
        *way, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        place = document
        for part in way:
            place = place[int(part) if isinstance(place, list) else part]
        if isinstance(place, list):
            index = len(place) if last == "-" else int(last)
            if operation["op"] != "add":
                del place[index]
            if operation["op"] != "remove":
                place.insert(index, operation["value"])
        elif operation["op"] == "remove":
            del place[last]
        else:
            place[last] = operation["value"]
    return document


@check("the API server accepts every pod that the webhook's golden answers make (--dry-run=server)")
def goldens(run):
    refused, accepted = {}, 0
    for answer in sorted((ROOT / "k8s-webhook/src/test/resources/golden").glob("*.answer.json")):
        operations = json.loads(answer.read_text()).get("patch")
        if not operations:
            continue
        review = json.loads(answer.with_name(answer.name.replace(".answer.", ".review.")).read_text())
        body = patched(review["request"]["object"], operations)
        # Where no webhook changes it once more, and with what that namespace has.
        body["metadata"]["namespace"] = "kube-system"
        body["spec"] |= {"serviceAccountName": "default"}
        body["spec"].pop("serviceAccount", None)
        status, created = run.api.call("POST", "/api/v1/namespaces/kube-system/pods?dryRun=All", body)
        if status == 201:
            accepted += 1
        else:
            refused[answer.name] = created["message"]
    print(f"      {accepted} accepted")
    assert accepted > 40 and not refused, refused


@check("each of two containers sees only its own secrets")
def two_views(run):
    listing = 'cd /keyturn/secrets; echo "sees: $(ls | tr "\\n" " ")"; sleep 3600'
    annotations = {**INJECTED, "keyturn.dev/containers.password": "one", "keyturn.dev/secret.username": "vault:secret/data/tests#username",
                   "keyturn.dev/containers.username": "two"}
    run.api.create(TESTS, pod("two-views", annotations, [shell("one", listing), shell("two", listing)]))
    run.api.await_ready(TESTS, "two-views")
    seen = {name: until("it prints", lambda: log(TESTS, "two-views", name), 10).strip() for name in ("one", "two")}
    run.api.delete(TESTS, "two-views")
    assert seen == {"one": "sees: password", "two": "sees: username"}, seen


@check("a misspelt annotation is refused, with a suggestion")
def misspelt(run):
    body = pod("misspelt", {"keyturn.dev/injct": "true", "keyturn.dev/secret.password": "vault:secret/data/tests#password"})
    message = kubectl("-n", TESTS, "apply", "-f", "-", text=json.dumps(body), check=False)
    assert "denied" in message and "keyturn.dev/injct" in message and "keyturn.dev/inject" in message.replace("keyturn.dev/injct", ""), message
    print(f"      {message.strip()}")


@check("a pod without annotations is untouched")
def untouched(run):
    created = run.api.create(TESTS, pod("plain"))
    run.api.delete(TESTS, "plain")
    assert "initContainers" not in created["spec"] and "keyturn" not in json.dumps(created["spec"]), created["spec"]


@check("deleting a pod leaves no mount and no folder behind")
def nothing_left(run):
    for app in EXAMPLES:
        uid = run.kept[app]["metadata"]["uid"]
        before = [line for line in scan.mounts_with(uid) if "keyturn-secrets" in line]
        assert not run._node or before, "no mount is seen while the pod runs"
        kubectl("-n", SHOP, "delete", "-f", str(ROOT / f"examples/{app}/{app}.yaml"), "--wait", "--ignore-not-found")
        until(f"{app} is gone", lambda: not json.loads(kubectl("-n", SHOP, "get", "pods", "-l", f"app={app}", "-o", "json"))["items"], 60)
        until("its mounts are gone", lambda: not scan.mounts_with(uid), 20)
        if run._node:
            until("its folder is gone", lambda: not (run.node.kubelet / "pods" / uid).exists(), 20)
    run.node


# ---- the webhook in production ---------------------------------------------------------------------------------------------------------


def webhook_pods():
    items = json.loads(kubectl("-n", SYSTEM, "get", "pods", "-l", "app.kubernetes.io/name=keyturn", "-o", "json"))["items"]
    return [item["metadata"]["name"] for item in items if "deletionTimestamp" not in item["metadata"]]


def authorities():
    bundle = kubectl("get", "mutatingwebhookconfiguration", "keyturn", "-o", "jsonpath={.webhooks[0].clientConfig.caBundle}")
    return base64.b64decode(bundle).decode().count("BEGIN CERTIFICATE")


@check("new keys are made while replicas are stopped one after the other, and no pod is refused")
def rotate(run):
    kubectl("-n", SYSTEM, "scale", "deployment/keyturn", "--replicas=3")
    kubectl("-n", SYSTEM, "rollout", "status", "deployment/keyturn", "--timeout=90s")
    before = authorities()
    with Asking(run) as asked:
        for _ in range(2):
            kubectl("-n", SYSTEM, "patch", "secret", "keyturn-certificate", "--type=merge", "-p", '{"data": null}')
            for _ in range(2):
                time.sleep(random.uniform(0, 8))
                kubectl("-n", SYSTEM, "delete", "pod", random.choice(webhook_pods()), "--wait=false")
                kubectl("-n", SYSTEM, "rollout", "status", "deployment/keyturn", "--timeout=90s")
        time.sleep(22)  # two looks of each replica
    print(f"      {asked}; authorities trusted: {before}, then {authorities()}")
    assert authorities() == before + 2, "the former authorities are trusted no more, or no new ones were made"
    assert not asked.refused, asked.refused[:3]


def plan_of(created):
    containers = created["spec"]["initContainers"]
    return json.loads(next(e["value"] for c in containers if c["name"] == "keyturn" for e in c["env"] if e["name"] == "KEYTURN_PLAN"))


@check("a profile, and what the namespace says itself, hold for its pods; neither a pod nor the namespace goes beyond the limits")
def profiles(run):
    limits = {"vault": ["role"], "references": ["vault:secret/data/${environment}"]}
    helm("upgrade", CHART, {**run.values, "profiles": {"default": {}, "strict": {"namespaces": [TESTS], "environment": "tests", "limits": limits}}})
    wanted = {**INJECTED, "keyturn.dev/secret.password": "vault:secret/data/${environment}#password"}

    def asked(annotations):
        status, answer = run.api.call("POST", f"/api/v1/namespaces/{TESTS}/pods?dryRun=All", pod("asked", annotations))
        return answer if status == 201 else answer["message"]

    def refused(limit, annotations):
        return until(f"limits.{limit} refuses it", lambda: f"limits.{limit}" in str(asked(annotations)), 20)

    try:
        kubectl("label", "namespace", TESTS, "keyturn.dev/profile=strict")
        until("the label holds", lambda: isinstance(asked(wanted), dict), 20)
        run.api.create(TESTS, pod("profiled", wanted, [shell("app", 'test "$(cat /keyturn/secrets/password)" = not-the-canary && sleep 3600')]))
        run.api.await_ready(TESTS, "profiled")
        run.api.delete(TESTS, "profiled")
        refused("references", {**INJECTED, "keyturn.dev/secret.password": "vault:secret/data/shop#password"})
        refused("vault", {**wanted, "keyturn.dev/vault.address": "https://elsewhere:8200"})
        kubectl("annotate", "namespace", TESTS, "keyturn.dev/vault.role=of-the-namespace")
        until("the namespace's role holds", lambda: isinstance(it := asked(wanted), dict) and plan_of(it)["vault"]["role"] == "of-the-namespace", 20)
        kubectl("annotate", "namespace", TESTS, "keyturn.dev/vault.address=https://elsewhere:8200")
        refused("vault", wanted)
    finally:
        kubectl("annotate", "namespace", TESTS, "keyturn.dev/vault.role-", "keyturn.dev/vault.address-")
        kubectl("label", "namespace", TESTS, "keyturn.dev/profile-")
        helm("upgrade", CHART, run.values)
    until("the limits are gone", lambda: isinstance(asked(INJECTED), dict), 20)


@check("what the webhook writes into tracked objects is what the recipes for GitOps leave out")
def gitops(run):
    def written(kind, name, *namespace):
        fields = []
        for entry in json.loads(kubectl(*namespace, "get", kind, name, "-o", "json", "--show-managed-fields"))["metadata"]["managedFields"]:
            if entry["manager"] not in ("helm", "kubectl-patch", "kubectl"):
                fields += paths(entry["fieldsV1"])
        return set(fields)

    def paths(fields, way=""):
        for key, below in fields.items():
            if key != ".":
                yield from paths(below, f"{way} {key}") if below else [f"{way} {key}".strip()]

    # docs/operations.md: .webhooks[]?.clientConfig.caBundle and .data
    found = written("mutatingwebhookconfiguration", "keyturn")
    assert found == {'f:webhooks k:{"name":"pods.keyturn.dev"} f:clientConfig f:caBundle'}, found
    found = written("secret", "keyturn-certificate", "-n", SYSTEM)
    assert found and all(path.startswith("f:data") for path in found), found


@check("the API server asks again where the webhook is overloaded (429)")
def overload(run):
    run.node  # it reaches a server on this machine
    address = kubectl("get", "nodes", "-o", "jsonpath={.items[0].status.addresses[?(@.type=='InternalIP')].address}")
    name = {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": [TESTS]}]}
    with overloaded.Webhook(address, refusals=2) as webhook:
        body = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": "keyturn-e2e-overloaded"},
                "webhooks": [{"name": "overloaded.keyturn.dev", "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail", "timeoutSeconds": 5,
                              "namespaceSelector": name, "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"]}],
                              "clientConfig": {"url": webhook.url, "caBundle": base64.b64encode(webhook.ca.encode()).decode()}}]}
        kubectl("apply", "-f", "-", text=json.dumps(body))
        try:
            def answered():
                begin = time.monotonic()
                status, answer = run.api.call("POST", f"/api/v1/namespaces/{TESTS}/pods?dryRun=All", pod("asked"))
                return (status, answer, time.monotonic() - begin) if webhook.asked else None

            status, answer, took = until("the API server knows of it", answered, 20, 0.2)
        finally:
            kubectl("delete", "mutatingwebhookconfiguration", "keyturn-e2e-overloaded")
    print(f"      asked {webhook.asked} times within {took:.2f} s, then {status}")
    assert (status, webhook.asked) == (201, 3), answer


@check("replicas are killed while new keys are made, and no pod is refused for a certificate")
def kill(run):
    run.node
    with Asking(run) as asked:
        kubectl("-n", SYSTEM, "patch", "secret", "keyturn-certificate", "--type=merge", "-p", '{"data": null}')
        for _ in range(3):
            time.sleep(random.uniform(0, 8))
            os.kill(random.choice(scan.with_argument("@/opt/keyturn/webhook.args")), signal.SIGKILL)
            time.sleep(2)
            kubectl("-n", SYSTEM, "rollout", "status", "deployment/keyturn", "--timeout=90s")
        time.sleep(22)
    kubectl("-n", SYSTEM, "scale", "deployment/keyturn", "--replicas=2")
    print(f"      {asked}")
    # A process that is killed takes its connections with it, and the cluster sends it new ones until the kubelet has noticed. The API server does not
    # ask again then (kubernetes/kubernetes#127335); whoever creates the pod does.
    gone = ("connection refused", "EOF", "connection reset", "no endpoints", "i/o timeout", "deadline exceeded")
    other = [message for message in asked.refused if not any(word in message for word in gone)]
    assert not other, other[:3]


@check("a pod that runs without its secrets is found: an Event, and keyturn doctor")
def missed(run):
    # Nobody injects there, whatever a pod says.
    kubectl("-n", "kube-system", "apply", "-f", "-", text=json.dumps(pod("keyturn-e2e-missed", INJECTED, serviceAccountName="default")))
    try:
        event = ("-n", "kube-system", "get", "events", "--field-selector", "reason=NotInjected,involvedObject.name=keyturn-e2e-missed", "-o", "name")
        until("the Event is there", lambda: "event/keyturn-not-injected-" in kubectl(*event), 60, 1)
        assert kubectl(*event).count("event/") == 1, kubectl(*event)
        doctor = subprocess.run([ROOT / "bin/keyturn", "doctor", "--namespace", TESTS], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert doctor.returncode == 1 and "the pod kube-system/keyturn-e2e-missed" in doctor.stdout, doctor.stdout
    finally:
        run.api.delete("kube-system", "keyturn-e2e-missed")
    kubectl("-n", SYSTEM, "rollout", "status", "deployment/keyturn", "--timeout=90s")
    doctor = subprocess.run([ROOT / "bin/keyturn", "doctor", "--namespace", TESTS], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert doctor.returncode == 0, doctor.stdout
    print("      " + doctor.stdout.strip().replace("\n", "\n      "))


# ---- the price, and what happens without the webhook -----------------------------------------------------------------------------------


@check("pods start with injection, and what that costs is printed")
def overhead(run):
    took = {"plain": [], "injected": []}
    for turn in range(7):
        for kind, annotations in (("plain", {}), ("injected", INJECTED)):
            # The kubelet looks at its containers once a second: start anywhere in that second.
            time.sleep(random.random())
            begin = time.monotonic()
            run.api.create(TESTS, pod(f"{kind}-{turn}", annotations))
            run.api.await_ready(TESTS, f"{kind}-{turn}")
            took[kind].append(time.monotonic() - begin)
            run.api.delete(TESTS, f"{kind}-{turn}")
    for kind, times in took.items():
        print(f"      create to Ready, {kind}: median {statistics.median(times):.2f} s (min {min(times):.2f}, max {max(times):.2f})")
    print(f"      injection adds {statistics.median(took['injected']) - statistics.median(took['plain']):.2f} s")


def break_glass():
    """The two commands of the operations guide, as arguments of kubectl."""
    section = (ROOT / "docs/operations.md").read_text().split("## Break-glass")[1].split("\n## ")[0]
    commands = [shlex.split(line)[1:] for line in section.splitlines() if line.startswith("kubectl patch")]
    assert len(commands) == 2, commands
    return commands


@check("with the webhook down, pods without annotations are created, and annotated ones refused")
def webhook_down(run):
    kubectl("-n", SYSTEM, "scale", "deployment/keyturn", "--replicas=0")
    until("the webhook is gone", lambda: "No resources" in kubectl("-n", SYSTEM, "get", "pods"), 60)
    try:
        run.api.create(TESTS, pod("plain"))
        run.api.await_ready(TESTS, "plain")
        run.api.delete(TESTS, "plain")
        message = kubectl("-n", TESTS, "apply", "-f", "-", text=json.dumps(pod("refused", INJECTED)), check=False)
        assert "failed calling webhook" in message, message
        assert run.api.pod(TESTS, "refused") is None, "the pod runs without its secrets"
        begin, end = break_glass()
        kubectl(*begin)
        try:
            # As soon as the API server knows.
            until("a pod starts without its secrets", lambda: "created" in kubectl("-n", TESTS, "create", "-f", "-", text=json.dumps(pod("without", INJECTED)), check=False), 20, 0.5)
            assert "initContainers" not in run.api.pod(TESTS, "without")["spec"]
            doctor = subprocess.run([ROOT / "bin/keyturn", "doctor", "--namespace", TESTS], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            assert "failurePolicy is not Fail" in doctor.stdout and f"the pod {TESTS}/without" in doctor.stdout, doctor.stdout
        finally:
            kubectl(*end)
            run.api.delete(TESTS, "without")
    finally:
        kubectl("-n", SYSTEM, "scale", "deployment/keyturn", "--replicas=2")
        kubectl("-n", SYSTEM, "rollout", "status", "deployment/keyturn", "--timeout=90s")
    run.api.create(TESTS, pod("again", INJECTED))
    run.api.await_ready(TESTS, "again")
    run.api.delete(TESTS, "again")


def clean_up():
    """Takes away what a run makes, also what a killed one has left."""
    subprocess.run(["helm", "uninstall", "keyturn", "-n", SYSTEM, "--ignore-not-found"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    kubectl("delete", "mutatingwebhookconfiguration", "keyturn-e2e-overloaded", "--ignore-not-found")
    kubectl("delete", "mutatingwebhookconfiguration,clusterrole,clusterrolebinding,priorityclass", "-l", "app.kubernetes.io/name=keyturn")
    kubectl("delete", "clusterrolebinding", "keyturn-e2e-openbao", "--ignore-not-found")
    kubectl("delete", "namespace", *NAMESPACES, "--ignore-not-found", "--wait")


def main(words):
    clean_up()
    run = Run()
    counts = {"passed": 0, "failed": 0, "not checked": 0}
    begin = time.monotonic()
    try:
        for sentence, function in CHECKS:
            if words and function not in (install, examples_read) and not any(word in sentence for word in words):
                continue
            try:
                function(run)
                outcome, detail = "passed", ""
            except NotChecked as why:
                outcome, detail = "not checked", str(why)
            except Exception as error:
                outcome, detail = "failed", str(error) if isinstance(error, AssertionError) else traceback.format_exc()
            counts[outcome] += 1
            print(f"{outcome:11} {sentence}", flush=True)
            if detail:
                print("            " + detail.replace("\n", "\n            "), flush=True)
        if counts["failed"]:
            print(kubectl("get", "pods", "-A", check=False))
            print(kubectl("-n", SYSTEM, "logs", "-l", "app.kubernetes.io/name=keyturn", "--tail=30", check=False))
    finally:
        for tunnel in (run.api, run.bao and run.bao.tunnel):
            if tunnel:
                tunnel.close()
        if not os.environ.get("KEYTURN_E2E_KEEP"):
            clean_up()
    print(f"took {time.monotonic() - begin:.0f} s")
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['not checked']} skipped")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
