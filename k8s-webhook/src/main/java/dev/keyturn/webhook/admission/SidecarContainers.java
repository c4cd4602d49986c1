package dev.keyturn.webhook.admission;

import dev.keyturn.plan.Plan;
import dev.keyturn.webhook.admission.Injection.View;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The containers that are added to a pod. */
final class SidecarContainers {
  private static final String SUPERVISOR = "/opt/keyturn/hibernate";
  private static final String JAVA = "/opt/keyturn/jre/bin/java";
  private static final String MOUNTS = "/keyturn/mounts/";

  /**
   * What other webhooks are known to change and are welcome to: a registry's mirror, an
   * autoscaler's figures.
   */
  private static final Set<String> LEFT_TO_OTHERS =
      Set.of("image", "imagePullPolicy", "resources", "startupProbe");

  private final InjectionSettings settings;
  private final Plan plan;
  private final List<View> views;
  private final RunAs runAs;
  private final boolean identity;
  private final Set<String> files;
  private final Map<String, String> directories;
  private final ObjectNode resources;
  private final boolean agent;
  private final boolean hibernates;

  SidecarContainers(
      InjectionSettings settings,
      Plan plan,
      List<View> views,
      RunAs runAs,
      boolean identity,
      Set<String> files,
      Map<String, String> directories,
      ObjectNode resources,
      boolean agent,
      boolean hibernates) {
    this.settings = settings;
    this.plan = plan;
    this.views = views;
    this.runAs = runAs;
    this.identity = identity;
    this.files = files;
    this.directories = directories;
    this.resources = resources;
    this.agent = agent;
    this.hibernates = hibernates;
  }

  /** Runs as long as the pod does; what comes after it waits for its startup probe. */
  ObjectNode nativeSidecar(String name) {
    ObjectNode container = container(name, "run");
    container.put("restartPolicy", "Always");
    ObjectNode probe = container.putObject("startupProbe");
    probe.putObject("exec").putArray("command").add(JAVA).add("@/opt/keyturn/probe.args");
    // One probe waits for up to 50 s itself, so that readiness is seen within milliseconds.
    probe
        .put("timeoutSeconds", 60)
        .put("periodSeconds", 1)
        .put("failureThreshold", settings.startupAttempts());
    return container;
  }

  /** Publishes once, then ends. */
  ObjectNode init(String name) {
    return container(name, "init");
  }

  /** Keeps current what {@link #init} has published. */
  ObjectNode plain(String name) {
    return container(name, "run");
  }

  private ObjectNode container(String name, String command) {
    ObjectNode container = JsonNodeFactory.instance.objectNode();
    container.put("name", name);
    container.put("image", settings.image());
    container.put("imagePullPolicy", settings.imagePullPolicy());
    boolean keepsRunning = command.equals("run");
    ArrayNode words = container.putArray("command");
    if (keepsRunning && hibernates) {
      words.add(SUPERVISOR);
    }
    words.add(JAVA).add("@/opt/keyturn/sidecar.args").add(command);
    addEnvironment(container.putArray("env"), keepsRunning);
    addMounts(container.putArray("volumeMounts"), keepsRunning);
    container.set("resources", resources.deepCopy());
    // What went wrong shows in the pod's status; log lines never hold a value.
    container.put("terminationMessagePolicy", "FallbackToLogsOnError");
    ObjectNode security = container.putObject("securityContext");
    security
        .put("runAsNonRoot", true)
        .put("runAsUser", runAs.user())
        .put("runAsGroup", runAs.group())
        .put("privileged", false)
        .put("allowPrivilegeEscalation", false)
        .put("readOnlyRootFilesystem", true);
    security.putObject("capabilities").putArray("drop").add("ALL");
    security.putObject("seccompProfile").put("type", "RuntimeDefault");
    return container;
  }

  private void addEnvironment(ArrayNode env, boolean keepsRunning) {
    variable(env, "KEYTURN_PLAN", JavaOptions.literally(plan.toJson()));
    variable(
        env,
        "KEYTURN_MOUNTS",
        IntStream.range(0, views.size())
            .mapToObj(i -> MOUNTS + i + "=" + views.get(i).text())
            .collect(Collectors.joining(";")));
    variable(env, "KEYTURN_ENDPOINT", keepsRunning ? "unix:/keyturn/run/sidecar.sock" : "none");
    if (agent) {
      variable(env, "KEYTURN_AGENT_TARGET", Injection.AGENT_DIRECTORY);
      if (keepsRunning) {
        variable(env, "KEYTURN_ACKNOWLEDGE", Injection.ACKNOWLEDGE_DIRECTORY);
      }
    }
    if (keepsRunning && hibernates) {
      variable(env, "KEYTURN_HIBERNATE", Injection.STATE_DIRECTORY + "/own");
    }
    if (keepsRunning) {
      variable(env, "KEYTURN_HINT", Injection.HINT_DIRECTORY + "/" + Injection.HINT_FILE);
    }
    field(env, "KEYTURN_POD", "metadata.name");
    field(env, "KEYTURN_NAMESPACE", "metadata.namespace");
    field(env, "KEYTURN_SERVICE_ACCOUNT", "spec.serviceAccountName");
    field(env, "KEYTURN_NODE", "spec.nodeName");
    // For the C library, which a JVM's flags don't reach: docs/decisions/sidecar-jvm.md.
    variable(env, "MALLOC_ARENA_MAX", "1");
  }

  private void addMounts(ArrayNode mounts, boolean keepsRunning) {
    for (int i = 0; i < views.size(); i++) {
      mount(mounts, Injection.SECRETS_VOLUME + i, MOUNTS + i);
    }
    if (keepsRunning) {
      mount(mounts, Injection.RUN_VOLUME, Injection.RUN_DIRECTORY);
      if (hibernates) {
        mount(mounts, Injection.STATE_VOLUME, Injection.STATE_DIRECTORY);
      }
      mount(mounts, Injection.HINT_VOLUME, Injection.HINT_DIRECTORY).put("readOnly", true);
    }
    if (agent) {
      mount(mounts, Injection.AGENT_VOLUME, Injection.AGENT_DIRECTORY);
      if (keepsRunning) {
        mount(mounts, Injection.ACKNOWLEDGE_VOLUME, Injection.ACKNOWLEDGE_DIRECTORY)
            .put("readOnly", true);
      }
    }
    if (identity) {
      mount(mounts, Injection.IDENTITY_VOLUME, Injection.IDENTITY_DIRECTORY).put("readOnly", true);
    }
    for (var directory : directories.entrySet()) {
      mount(mounts, directory.getKey(), directory.getValue()).put("readOnly", true);
    }
    for (String directory : new TreeSet<>(files)) {
      mount(mounts, Injection.FILES_VOLUME + directory, Injection.KEYTURN + directory)
          .put("readOnly", true);
    }
  }

  private static void variable(ArrayNode env, String name, String value) {
    env.addObject().put("name", name).put("value", value);
  }

  private static void field(ArrayNode env, String name, String path) {
    env.addObject()
        .put("name", name)
        .putObject("valueFrom")
        .putObject("fieldRef")
        .put("fieldPath", path);
  }

  private static ObjectNode mount(ArrayNode mounts, String volume, String path) {
    return mounts.addObject().put("name", volume).put("mountPath", path);
  }

  /**
   * Makes a container of ours, to which defaults and other webhooks have added, what it would be if
   * it were made now.
   */
  static void bringUpToDate(ObjectNode there, ObjectNode made) {
    ObjectNode owned = made.deepCopy();
    owned.remove(LEFT_TO_OTHERS);
    merge(there, owned);
  }

  private static void merge(ObjectNode there, ObjectNode owned) {
    for (var property : owned.properties()) {
      JsonNode now = there.get(property.getKey());
      JsonNode value = property.getValue();
      switch (property.getKey()) {
        case "env" -> mergeBy("name", there.withArrayProperty("env"), (ArrayNode) value);
        case "volumeMounts" ->
            mergeBy("mountPath", there.withArrayProperty("volumeMounts"), (ArrayNode) value);
        default -> {
          if (now instanceof ObjectNode inner && value instanceof ObjectNode wanted) {
            merge(inner, wanted);
          } else {
            there.set(property.getKey(), value);
          }
        }
      }
    }
  }

  private static void mergeBy(String key, ArrayNode there, ArrayNode owned) {
    for (JsonNode wanted : owned) {
      ObjectNode same = null;
      for (JsonNode element : there) {
        if (element.path(key).equals(wanted.path(key))) {
          same = (ObjectNode) element;
        }
      }
      if (same == null) {
        there.add(wanted);
      } else {
        merge(same, (ObjectNode) wanted);
      }
    }
  }
}
