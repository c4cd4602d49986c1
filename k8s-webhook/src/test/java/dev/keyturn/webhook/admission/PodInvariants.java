package dev.keyturn.webhook.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.SecretSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What holds for every pod that was patched, whatever it asked for. */
public final class PodInvariants {
  private static final Set<String> OWN = Set.of("keyturn", "keyturn-init");

  private PodInvariants() {}

  public static void check(ObjectNode before, ObjectNode after) {
    nothingIsTakenAway(before, after);
    namesAreUniqueAndMountsHaveVolumes(after);
    for (JsonNode container : all(after)) {
      if (isOwn(container)) {
        isHardened(container);
      } else {
        seesOnlyWhatItMay(container, after);
      }
    }
    for (JsonNode volume : after.path("spec").path("volumes")) {
      if (name(volume).startsWith("keyturn-secrets-")
          || name(volume).matches("keyturn-(run|state)")) {
        assertThat(volume.path("emptyDir").path("medium").asString()).isEqualTo("Memory");
        assertThat(volume.path("emptyDir").path("sizeLimit").asString()).isNotEmpty();
      }
    }
    containersSeeWhatThePlanSays(after);
    assertThat(after.path("metadata").path("annotations").path("keyturn.dev/status").asString())
        .isEqualTo("injected");
  }

  /** Everything that was there is there, in its order, but for an appended Java option. */
  private static void nothingIsTakenAway(ObjectNode before, ObjectNode after) {
    ObjectNode rest = after.deepCopy();
    ObjectNode annotations = (ObjectNode) rest.path("metadata").path("annotations");
    annotations.remove("keyturn.dev/status");
    ObjectNode spec = (ObjectNode) rest.path("spec");
    if (annotations.has("vault.hashicorp.com/agent-inject")) {
      annotations.remove("vault.hashicorp.com/agent-inject-status");
      if (annotations.has("vault.hashicorp.com/agent-share-process-namespace")) {
        spec.remove("shareProcessNamespace");
      }
    }
    JsonNode had = before.path("spec");
    for (String list : List.of("initContainers", "containers")) {
      keep(spec, had, list, container -> !isOwn(container));
      for (JsonNode container : spec.path(list)) {
        JsonNode old = named(had.path(list), name(container));
        keep((ObjectNode) container, old, "volumeMounts", m -> !name(m).startsWith("keyturn-"));
        keepEnvironment((ObjectNode) container, old);
      }
    }
    keep(spec, had, "volumes", volume -> !name(volume).startsWith("keyturn-"));
    assertThat(rest).isEqualTo(before);
  }

  private static void keep(
      ObjectNode parent, JsonNode had, String list, java.util.function.Predicate<JsonNode> kept) {
    var elements = new ArrayList<JsonNode>();
    parent.path(list).forEach(elements::add);
    elements.removeIf(kept.negate());
    if (elements.isEmpty() && !had.has(list)) {
      parent.remove(list);
    } else {
      parent.putArray(list).addAll(elements);
    }
  }

  private static void keepEnvironment(ObjectNode container, JsonNode old) {
    for (JsonNode variable : container.path("env")) {
      if (name(variable).equals("JAVA_TOOL_OPTIONS")) {
        JsonNode was = lastNamed(old.path("env"), "JAVA_TOOL_OPTIONS");
        String value = variable.path("value").asString("");
        if (was.isMissingNode()) {
          assertThat(value).startsWith("-javaagent:/keyturn/agent/keyturn-javaagent.jar=mount=/");
          keep(container, old, "env", v -> !v.equals(variable));
          return;
        }
        assertThat(value).startsWith(was.path("value").asString(""));
        ((ObjectNode) lastNamed(container.path("env"), "JAVA_TOOL_OPTIONS"))
            .setAll((ObjectNode) was);
      }
    }
  }

  private static void namesAreUniqueAndMountsHaveVolumes(ObjectNode pod) {
    var volumes = new HashSet<String>();
    for (JsonNode volume : pod.path("spec").path("volumes")) {
      assertThat(volumes.add(name(volume))).as("one volume %s", name(volume)).isTrue();
    }
    var containers = new HashSet<String>();
    for (JsonNode container : all(pod)) {
      assertThat(containers.add(name(container))).as("one container %s", name(container)).isTrue();
      var paths = new HashSet<String>();
      for (JsonNode mount : container.path("volumeMounts")) {
        assertThat(paths.add(mount.path("mountPath").asString())).isTrue();
        if (name(mount).startsWith("keyturn-")) {
          assertThat(volumes).contains(name(mount));
        }
      }
    }
  }

  private static void isHardened(JsonNode container) {
    JsonNode security = container.path("securityContext");
    assertThat(security.path("runAsNonRoot").asBoolean()).isTrue();
    assertThat(security.path("runAsUser").asInt()).isPositive();
    assertThat(security.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
    assertThat(security.path("privileged").asBoolean(true)).isFalse();
    assertThat(security.path("readOnlyRootFilesystem").asBoolean()).isTrue();
    assertThat(security.path("capabilities").toString()).isEqualTo("{\"drop\":[\"ALL\"]}");
    assertThat(security.path("seccompProfile").path("type").asString()).isEqualTo("RuntimeDefault");
    assertThat(container.has("ports")).isFalse();
  }

  private static void seesOnlyWhatItMay(JsonNode container, ObjectNode pod) {
    for (JsonNode mount : container.path("volumeMounts")) {
      if (name(mount).startsWith("keyturn-")) {
        boolean speaks = name(mount).equals("keyturn-acknowledge");
        assertThat(mount.path("readOnly").asBoolean()).isEqualTo(!speaks);
        assertThat(mount.path("subPath").asString(""))
            .as("for itself alone")
            .isEqualTo(speaks ? name(container) : "");
        assertThat(name(mount)).matches("keyturn-(secrets-[0-9]+|agent|acknowledge)");
      }
    }
    assertThat(pod.path("spec").path("ephemeralContainers").toString()).doesNotContain("keyturn-");
  }

  /** Follows the sidecar's environment: what is published where, and who has that mounted. */
  private static void containersSeeWhatThePlanSays(ObjectNode pod) {
    JsonNode sidecar = all(pod).stream().filter(PodInvariants::isOwn).findFirst().orElseThrow();
    var env = new HashMap<String, String>();
    sidecar.path("env").forEach(v -> env.put(name(v), v.path("value").asString("")));
    Plan plan = Plan.parseJson(env.getOrDefault("KEYTURN_PLAN", "").replace("$$", "$"));
    Map<String, Set<String>> volumesOfContainer = new HashMap<>();
    Map<String, Set<String>> secretsOfContainer = new HashMap<>();
    for (String mount : env.getOrDefault("KEYTURN_MOUNTS", "").split(";", -1)) {
      String directory = mount.substring(0, mount.indexOf('='));
      String volume = "";
      for (JsonNode mounted : sidecar.path("volumeMounts")) {
        if (mounted.path("mountPath").asString().equals(directory)) {
          assertThat(mounted.path("readOnly").asBoolean(false)).isFalse();
          volume = name(mounted);
        }
      }
      String[] view = mount.substring(mount.indexOf('=') + 1).split(":", -1);
      String[] readers = view[0].split(",", -1);
      for (String reader : readers) {
        assertThat(volumesOfContainer.computeIfAbsent(reader, r -> new HashSet<>()).add(volume))
            .isTrue();
        Set<String> seen = secretsOfContainer.computeIfAbsent(reader, r -> new HashSet<>());
        if (view.length == 1) {
          assertThat(plan.visibleTo(reader)).isEqualTo(plan.visibleTo(readers[0])).isNotEmpty();
          plan.visibleTo(reader).forEach(secret -> seen.add(secret.name()));
        } else {
          seen.addAll(List.of(view[1].split(",", -1)));
        }
      }
    }
    for (JsonNode container : all(pod)) {
      if (!isOwn(container)) {
        Set<String> mounted = new HashSet<>();
        for (JsonNode mount : container.path("volumeMounts")) {
          if (name(mount).startsWith("keyturn-secrets-")) {
            mounted.add(name(mount));
          }
        }
        assertThat(mounted).isEqualTo(volumesOfContainer.getOrDefault(name(container), Set.of()));
        assertThat(plan.visibleTo(name(container)))
            .extracting(SecretSpec::name)
            .containsExactlyInAnyOrderElementsOf(
                secretsOfContainer.getOrDefault(name(container), Set.of()));
      }
    }
    assertThat(plan.secrets()).extracting(SecretSpec::containers).allMatch(c -> !c.isEmpty());
  }

  static List<JsonNode> all(ObjectNode pod) {
    var all = new ArrayList<JsonNode>();
    pod.path("spec").path("initContainers").forEach(all::add);
    pod.path("spec").path("containers").forEach(all::add);
    return all;
  }

  private static boolean isOwn(JsonNode container) {
    return OWN.contains(name(container));
  }

  private static JsonNode named(JsonNode list, String name) {
    return lastNamed(list, name);
  }

  private static JsonNode lastNamed(JsonNode list, String name) {
    JsonNode found = list.path("nothing");
    for (JsonNode element : list) {
      if (name(element).equals(name)) {
        found = element;
      }
    }
    return found;
  }

  private static String name(JsonNode element) {
    return element.path("name").asString("");
  }
}
