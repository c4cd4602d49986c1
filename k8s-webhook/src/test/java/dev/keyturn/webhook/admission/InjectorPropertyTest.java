package dev.keyturn.webhook.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.plan.PodPlan.SidecarKind;
import dev.keyturn.webhook.patch.PatchApplier;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What holds for all pods. Pods are made of a random number, so that they are whole and varied. */
class InjectorPropertyTest {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final List<String> NAMES =
      List.of("app", "worker", "nginx", "migrate", "istio-proxy", "istio-init", "linkerd-init");

  @Property(tries = 500)
  void aPatchedPodKeepsWhatItHadAndIsLeftAloneAfterwards(
      @ForAll("pods") ObjectNode pod, @ForAll SidecarKind kind) {
    var injector = new Injector(TestSettings.with(kind));
    ObjectNode untouched = pod.deepCopy();
    Admission admission = injector.admit(new Pod(pod, "shop"));
    assertThat(pod).as("the pod given").isEqualTo(untouched);
    Statistics.collect(admission.getClass().getSimpleName());
    if (admission instanceof Admission.Patched patched) {
      ObjectNode after = PatchApplier.apply(patched.patch(), pod);
      PodInvariants.check(pod, after);
      assertThat(patched.patch())
          .allSatisfy(
              operation -> {
                assertThat(operation.path("op").asString()).isNotEqualTo("remove");
                assertThat(operation.path("path").asString())
                    .matches(
                        "/metadata/annotations/keyturn\\.dev~1status|/spec/(volumes|containers|initContainers)(/.*)?")
                    .doesNotContain("/securityContext", "/image", "/command", "/args");
              });
      assertThat(injector.admit(new Pod(after, "shop"))).isEqualTo(new Admission.Unchanged());
      assertThat(injector.admit(new Pod(withDefaults(after), "shop")))
          .as("after the API server's defaults")
          .isEqualTo(new Admission.Unchanged());
      assertThat(patched.warnings()).allMatch(warning -> warning.length() <= 256);
    }
  }

  @Property(tries = 300)
  void whatOthersAddAfterwardsGetsItsSecretsToo(
      @ForAll("pods") ObjectNode pod, @ForAll SidecarKind kind, @ForAll long seed) {
    var injector = new Injector(TestSettings.with(kind));
    if (!(injector.admit(new Pod(pod, "shop")) instanceof Admission.Patched first)) {
      return;
    }
    ObjectNode once = PatchApplier.apply(first.patch(), pod);
    var random = new Random(seed);
    ObjectNode added = container("added", random);
    ObjectNode grownBefore = add(pod, added, random.nextBoolean());
    ObjectNode grown = add(once, added, random.nextBoolean());
    switch (injector.admit(new Pod(grown, "shop"))) {
      case Admission.Patched again -> {
        ObjectNode twice = PatchApplier.apply(again.patch(), grown);
        PodInvariants.check(without(twice, grownBefore), twice);
        assertThat(injector.admit(new Pod(twice, "shop"))).isEqualTo(new Admission.Unchanged());
      }
      case Admission.Unchanged _ -> PodInvariants.check(without(grown, grownBefore), grown);
      case Admission.Denied denied -> assertThat(denied.problems()).isNotEmpty();
    }
  }

  /** The pod as it would be without us: the others' containers in the order that they have now. */
  private static ObjectNode without(ObjectNode now, ObjectNode before) {
    ObjectNode pod = before.deepCopy();
    for (String list : List.of("initContainers", "containers")) {
      var ordered = new ArrayList<JsonNode>();
      for (JsonNode container : now.path("spec").path(list)) {
        for (JsonNode old : before.path("spec").path(list)) {
          if (old.path("name").equals(container.path("name"))) {
            ordered.add(old);
          }
        }
      }
      if (before.path("spec").has(list)) {
        pod.withObjectProperty("spec").putArray(list).addAll(ordered);
      }
    }
    return pod;
  }

  private static ObjectNode add(ObjectNode pod, ObjectNode container, boolean first) {
    ObjectNode grown = pod.deepCopy();
    ArrayNode containers = grown.withObjectProperty("spec").withArrayProperty("containers");
    containers.insert(first ? 0 : containers.size(), container.deepCopy());
    return grown;
  }

  /** What an API server adds to containers ({@code pkg/apis/core/v1/defaults.go}). */
  private static ObjectNode withDefaults(ObjectNode pod) {
    ObjectNode defaulted = pod.deepCopy();
    for (JsonNode container : PodInvariants.all(defaulted)) {
      var object = (ObjectNode) container;
      object.put("terminationMessagePath", "/dev/termination-log");
      if (object.path("startupProbe") instanceof ObjectNode probe) {
        probe.put("successThreshold", 1);
      }
      if (object.path("securityContext") instanceof ObjectNode security) {
        security.put("procMount", "Default");
      }
      for (JsonNode variable : object.path("env")) {
        if (variable.path("valueFrom").path("fieldRef") instanceof ObjectNode field) {
          field.put("apiVersion", "v1");
        }
      }
      object
          .withArrayProperty("volumeMounts")
          .addObject()
          .put("name", "kube-api-access")
          .put("mountPath", "/var/run/secrets/kubernetes.io/serviceaccount");
    }
    return defaulted;
  }

  @Provide
  Arbitrary<ObjectNode> pods() {
    return Arbitraries.longs().map(seed -> pod(new Random(seed)));
  }

  private static ObjectNode pod(Random random) {
    var names = new ArrayList<>(NAMES);
    Collections.shuffle(names, random);
    ObjectNode pod = JSON.createObjectNode().put("kind", "Pod");
    ObjectNode annotations = pod.putObject("metadata").putObject("annotations");
    ObjectNode spec = pod.putObject("spec").put("future", 1.5);
    if (random.nextBoolean()) {
      ObjectNode security = spec.putObject("securityContext");
      if (random.nextBoolean()) {
        security.put("runAsUser", random.nextInt(3) * 500);
      }
      if (random.nextBoolean()) {
        security.put("fsGroup", 2000);
      }
    }
    spec.put("shareProcessNamespace", random.nextInt(5) == 0);
    var there = new LinkedHashSet<String>();
    int init = random.nextInt(4);
    for (int i = 0; i < init; i++) {
      ObjectNode container = container(names.removeFirst(), random);
      if (random.nextInt(3) == 0) {
        container.put("restartPolicy", "Always");
      }
      spec.withArrayProperty("initContainers").add(container);
      there.add(container.path("name").asString());
    }
    int containers = 1 + random.nextInt(3);
    for (int i = 0; i < containers; i++) {
      spec.withArrayProperty("containers").add(container(names.removeFirst(), random));
      there.add(spec.path("containers").path(i).path("name").asString());
    }
    ArrayNode volumes = spec.putArray("volumes");
    volumes.addObject().put("name", "data").putObject("emptyDir");
    annotate(annotations, List.copyOf(there), random);
    return pod;
  }

  private static void annotate(ObjectNode annotations, List<String> containers, Random random) {
    annotations.put("keyturn.dev/inject", "true").put("keyturn.dev/vault.role", "shop");
    annotations.put("example.com/other", "stays");
    int secrets = 1 + random.nextInt(4);
    for (int i = 0; i < secrets; i++) {
      annotations.put("keyturn.dev/secret.s" + i, "vault:secret/data/s" + i);
      if (random.nextInt(2) == 0) {
        var seers = new ArrayList<>(containers);
        Collections.shuffle(seers, random);
        annotations.put(
            "keyturn.dev/containers.s" + i,
            String.join(",", seers.subList(0, 1 + random.nextInt(seers.size()))));
      }
      if (random.nextInt(4) == 0) {
        annotations.put("keyturn.dev/mode.s" + i, "0440");
      }
      if (random.nextInt(4) == 0) {
        annotations.put("keyturn.dev/mount-path.s" + i, "/srv/" + random.nextInt(3));
      }
    }
    if (random.nextBoolean()) {
      annotations.put("keyturn.dev/java-agent", "true");
    }
    if (random.nextInt(3) == 0) {
      annotations.put("keyturn.dev/mount-path", "/run/my.secrets");
    }
    if (random.nextInt(4) == 0) {
      annotations.put("keyturn.dev/run-as", "1500:1600");
    }
    if (random.nextInt(4) == 0) {
      annotations.put("keyturn.dev/audience", "");
      annotations.put("keyturn.dev/tls-secret", "vault-tls");
      annotations.put("keyturn.dev/vault.ca-file", "/keyturn/tls/ca.crt");
    }
    if (random.nextInt(4) == 0) {
      annotations.put("keyturn.dev/vault.ca-file", "/keyturn/identity/ca.crt");
      annotations.put("keyturn.dev/resources", "limits.memory=1Gi,requests.cpu=2,limits.cpu=");
    }
  }

  private static ObjectNode container(String name, Random random) {
    ObjectNode container = JSON.createObjectNode().put("name", name).put("image", name + ":1");
    if (random.nextBoolean()) {
      container.putObject("securityContext").put("runAsUser", random.nextInt(3) * 500);
    }
    if (random.nextBoolean()) {
      ArrayNode mounts = container.putArray("volumeMounts");
      mounts.addObject().put("name", "data").put("mountPath", "/data");
      mounts.addObject().put("name", "data").put("mountPath", "/more");
    }
    if (random.nextBoolean()) {
      ArrayNode env = container.putArray("env");
      env.addObject().put("name", "FIRST").put("value", "1");
      if (random.nextBoolean()) {
        ObjectNode options = env.addObject().put("name", "JAVA_TOOL_OPTIONS");
        switch (random.nextInt(4)) {
          case 0 -> options.putObject("valueFrom").putObject("configMapKeyRef").put("key", "k");
          case 1 -> options.put("value", "");
          default -> options.put("value", "-Xmx$(FIRST)m");
        }
      }
      env.addObject().put("name", "LAST").put("value", "$(JAVA_TOOL_OPTIONS)");
    }
    if (random.nextInt(4) == 0) {
      container.putArray("envFrom").addObject().putObject("secretRef").put("name", "s");
    }
    return container;
  }
}
