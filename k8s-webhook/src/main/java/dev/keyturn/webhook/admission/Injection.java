package dev.keyturn.webhook.admission;

import dev.keyturn.plan.Action;
import dev.keyturn.plan.Plan;
import dev.keyturn.plan.PodPlan;
import dev.keyturn.plan.PodPlan.SidecarKind;
import dev.keyturn.plan.Problem;
import dev.keyturn.plan.RefreshHint;
import dev.keyturn.plan.SecretSpec;
import dev.keyturn.plan.Source;
import dev.keyturn.plan.Translation;
import dev.keyturn.plan.VaultAuth;
import dev.keyturn.plan.VaultSettings;
import dev.keyturn.webhook.admission.Admission.Denied;
import dev.keyturn.webhook.admission.Admission.Patched;
import dev.keyturn.webhook.admission.Admission.Reason;
import dev.keyturn.webhook.admission.Admission.Unchanged;
import dev.keyturn.webhook.admission.Admission.Warning;
import dev.keyturn.webhook.patch.JsonPatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One pod being given its secrets: a copy of it is brought to the state it shall have, whatever is
 * there already, and the patch is the difference.
 */
final class Injection {
  /** Where the identity is mounted, and the only place that an identity can be in a sidecar. */
  static final String IDENTITY_DIRECTORY = "/keyturn/identity";

  /** What stands before our directories. */
  static final String KEYTURN = "/keyturn/";

  private static final String SOPS_DIRECTORY = KEYTURN + PodPlan.SOPS + "/";

  /** The CA of the cluster's API server, which every namespace has (kube-controller-manager). */
  private static final String CLUSTER_CA_FILE = IDENTITY_DIRECTORY + "/ca.crt";

  /** Where the sidecar looks for it (docs/sources/aws.md). */
  private static final String AWS_TOKEN_FILE = IDENTITY_DIRECTORY + "/aws-token";

  /** What STS asks of a token (AWS, "IAM roles for service accounts"). */
  private static final String AWS_AUDIENCE = "sts.amazonaws.com";

  private static final String CLUSTER_CA_CONFIG_MAP = "kube-root-ca.crt";

  static final String AGENT_DIRECTORY = "/keyturn/agent";
  static final String RUN_DIRECTORY = "/keyturn/run";

  /** The sidecar's alone: what it knows while its process sleeps, values too. */
  static final String STATE_DIRECTORY = "/keyturn/state";

  /** The kubelet writes the pod's hint there, whenever the annotation changes. */
  static final String HINT_DIRECTORY = "/keyturn/hint";

  static final String HINT_FILE = "refresh";

  /** In a container, its own part of the volume; in the sidecar, the whole. */
  static final String ACKNOWLEDGE_DIRECTORY = "/keyturn/acknowledge";

  /** The kubelet renews a token at 80 % of its life; the shortest it may be is 600 s. */
  private static final int TOKEN_SECONDS = 3600;

  /** What a pod has that does not say (Kubernetes, "PodSpec"). */
  private static final int DEFAULT_GRACE_SECONDS = 30;

  /** The sidecar does not sleep for less (its Hibernation.SHORTEST). */
  private static final Duration SHORTEST_SLEEP = Duration.ofSeconds(5);

  /** Of one start, as bench/hibernation has it on a machine with nothing else to do. */
  private static final Duration CPU_PER_START = Duration.ofMillis(365);

  /** From here on sleeping takes less of a processor than staying awake, or little more. */
  private static final Duration UNHURRIED = Duration.ofMinutes(1);

  /** The sidecar gives leases back for up to 5 s, and needs a moment to end. */
  private static final int MIN_GRACE_SECONDS = 6;

  /** The API's default, spelt out so that a second call finds it equal. */
  private static final int READABLE = 0644;

  private static final String SIDECAR = "keyturn";
  private static final String INIT = "keyturn-init";
  static final Set<String> OWN_CONTAINERS = Set.of(SIDECAR, INIT);
  static final String SECRETS_VOLUME = "keyturn-secrets-";
  static final String AGENT_VOLUME = "keyturn-agent";
  static final String RUN_VOLUME = "keyturn-run";
  static final String STATE_VOLUME = "keyturn-state";
  static final String HINT_VOLUME = "keyturn-hint";
  static final String ACKNOWLEDGE_VOLUME = "keyturn-acknowledge";
  static final String IDENTITY_VOLUME = "keyturn-identity";
  static final String FILES_VOLUME = "keyturn-files-";

  private final Pod before;
  private final KubernetesObjects objects;
  private final PodPlan wanted;
  private final Translation translation;
  private final InjectionSettings settings;
  private final boolean again;
  private final SidecarKind kind;
  private final ObjectNode pod;
  private final ObjectNode spec;
  private final List<Problem> problems = new ArrayList<>();
  private final Set<Warning> warnings = new LinkedHashSet<>();

  /**
   * @param translation where the plan was asked for in other words
   * @param again whether the pod says that it has been here
   */
  Injection(
      Pod pod, PodPlan wanted, Translation translation, InjectionSettings settings, boolean again) {
    this.before = pod;
    this.wanted = wanted;
    this.translation = translation;
    this.settings = settings;
    this.again = again;
    this.kind = wanted.sidecar().orElse(settings.sidecar());
    this.pod = pod.draft();
    this.spec = this.pod.withObjectProperty("spec");
    this.objects = new KubernetesObjects(wanted.plan());
  }

  Admission run() {
    shareProcesses();
    refuseTakenNames();
    refuseWhatASidecarCannotReach();
    refuseActionsThatCannotBeDone();
    if (wanted.hibernate() && kind == SidecarKind.INIT) {
      problem(
          "hibernate",
          "with the sidecar 'init' no process is left that could sleep: leave it out, or choose"
              + " another keyturn.dev/sidecar");
    }
    List<ObjectNode> candidates = candidates();
    candidates.removeIf(this::hasBadName);
    Map<String, List<ObjectNode>> readersOf = readersOf(candidates);
    List<ObjectNode> readers =
        candidates.stream()
            .filter(c -> readersOf.values().stream().anyMatch(list -> list.contains(c)))
            .toList();
    RunAs runAs = RunAs.of(wanted.runAs(), spec, readers);
    Plan plan = resolve(readersOf, runAs);
    List<View> views = views(plan, readers);
    List<ObjectNode> jvms = jvms(readers);

    var sidecar =
        new SidecarContainers(
            settings,
            plan,
            views,
            runAs,
            usesIdentity(),
            wanted.files().keySet(),
            directories(),
            Resources.of(settings.resources(), wanted.resources()),
            !jvms.isEmpty(),
            wanted.hibernate());
    for (int i = 0; i < views.size(); i++) {
      mountSecrets(views.get(i), i);
    }
    jvms.forEach(jvm -> addAgent(jvm, views));
    addVolumes(views.size(), !jvms.isEmpty());
    addContainers(sidecar);
    pod.withObjectProperty("metadata")
        .withObjectProperty("annotations")
        .put(Injector.STATUS, Injector.INJECTED);
    if (!translation.equals(Translation.NONE)) {
      // Vault Agent Injector, where it still runs, leaves the pod alone then.
      this.pod
          .withObjectProperty("metadata")
          .withObjectProperty("annotations")
          .put(Translation.STATUS, Injector.INJECTED);
    }
    if (!problems.isEmpty()) {
      return new Denied(Reason.CONFLICT, translation.told(problems));
    }
    warn(runAs, plan, readersOf);
    ArrayNode patch = JsonPatch.between(before.json(), pod);
    return patch.isEmpty() ? new Unchanged() : new Patched(patch, List.copyOf(warnings), plan);
  }

  /**
   * What one mount holds, and who sees it.
   *
   * @param path where the readers find it
   * @param secrets the names of the secrets
   * @param whole whether these are all that its readers see
   * @param readers the containers, at least one
   */
  record View(String path, List<String> secrets, boolean whole, List<ObjectNode> readers) {
    /** As {@code KEYTURN_MOUNTS} has it. */
    String text() {
      String names = String.join(",", readers.stream().map(Injection::name).toList());
      return whole ? names : names + ":" + String.join(",", secrets);
    }
  }

  /** What one of Vault Agent Injector's annotations asks for, unless the pod says otherwise. */
  private void shareProcesses() {
    if (!translation.shareProcessNamespace()) {
      return;
    }
    if (spec.path("shareProcessNamespace").isBoolean()
        && !spec.path("shareProcessNamespace").booleanValue()) {
      problems.add(
          new Problem(
              Translation.PREFIX + "agent-share-process-namespace",
              "the pod's spec says shareProcessNamespace: false: remove one of the two"));
    }
    spec.put("shareProcessNamespace", true);
  }

  /** What the sidecar alone has mounted, read-only: directories by the names of their volumes. */
  private Map<String, String> directories() {
    var directories = new TreeMap<String, String>(objects.mounts());
    directories.putAll(new PodVolumes(wanted.plan()).mounts());
    return directories;
  }

  // ---- what the pod may not have -------------------------------------------------------------

  private void refuseTakenNames() {
    if (again) {
      return;
    }
    for (String list : List.of("initContainers", "containers")) {
      for (ObjectNode container : Pod.elements(spec, list)) {
        if (OWN_CONTAINERS.contains(name(container))) {
          problem(
              "inject",
              "the pod has a container named '"
                  + name(container)
                  + "', which is what Keyturn calls its own: rename it");
        }
      }
    }
    for (ObjectNode volume : Pod.elements(spec, "volumes")) {
      if (isOwnVolume(name(volume))) {
        problem(
            "inject",
            "the pod has a volume named '"
                + name(volume)
                + "', which is what Keyturn calls its own: rename it");
      }
    }
  }

  /** The injected container has its image's files, its identity, and what was mounted for it. */
  private void refuseWhatASidecarCannotReach() {
    for (SecretSpec secret : wanted.plan().secrets()) {
      for (String volume : PodVolumes.of(secret)) {
        refuseUnlessReadable(secret, volume);
      }
      if (!wanted.files().containsKey(PodPlan.SOPS)
          && secret.paths(Source.SOPS).stream().anyMatch(p -> p.startsWith(SOPS_DIRECTORY))) {
        problem(
            annotation(secret),
            "is in "
                + SOPS_DIRECTORY
                + ", where nothing is: name a ConfigMap in"
                + " keyturn.dev/sops-configmap");
      }
    }
    wanted.plan().vault().ifPresent(this::refuseFilesOf);
    wanted
        .plan()
        .setting("aws", "token-file")
        .filter(file -> !file.equals(AWS_TOKEN_FILE))
        .ifPresent(file -> refuseUnlessThere("aws.token-file", file));
  }

  private void refuseUnlessReadable(SecretSpec secret, String name) {
    List<ObjectNode> own =
        Pod.elements(spec, "volumes").stream().filter(v -> !isOwnVolume(name(v))).toList();
    ObjectNode volume = find(own, name);
    String problem = volume == null ? null : PodVolumes.problem(volume);
    if (volume == null) {
      problem(
          annotation(secret),
          "the pod has no volume '"
              + name
              + "' of its own; it has "
              + (own.isEmpty()
                  ? "none"
                  : String.join(", ", own.stream().map(Injection::name).toList())));
    } else if (problem != null) {
      problem(
          annotation(secret), "the sidecar does not read the volume '" + name + "': " + problem);
    }
  }

  private void refuseFilesOf(VaultSettings vault) {
    vault.caFile().ifPresent(file -> refuseUnlessThere("vault.ca-file", file));
    vault
        .client()
        .ifPresent(
            client -> {
              refuseUnlessThere("vault.client-cert-file", client.certFile());
              refuseUnlessThere("vault.client-key-file", client.keyFile());
            });
    switch (vault.auth()) {
      case VaultAuth.Kubernetes auth -> refuseUnlessThere("vault.token-file", auth.tokenFile());
      case VaultAuth.Jwt auth -> refuseUnlessThere("vault.token-file", auth.tokenFile());
      case VaultAuth.AppRole auth -> {
        refuseUnlessThere("vault.role-id-file", auth.roleIdFile());
        auth.secretIdFile().ifPresent(file -> refuseUnlessThere("vault.secret-id-file", file));
      }
      case VaultAuth.TokenFile auth -> refuseUnlessThere("vault.token-file", auth.tokenFile());
      case VaultAuth.Cert _ -> {}
    }
  }

  private void refuseUnlessThere(String key, String file) {
    boolean there =
        file.equals(InjectionSettings.TOKEN_FILE)
            || file.equals(CLUSTER_CA_FILE)
            || wanted.files().keySet().stream()
                .anyMatch(directory -> file.startsWith(KEYTURN + directory + "/"));
    if (!there) {
      problem(
          key,
          "the injected container has no such file: it has "
              + InjectionSettings.TOKEN_FILE
              + ", "
              + CLUSTER_CA_FILE
              + ", and what keyturn.dev/tls-secret and keyturn.dev/extra-secret bring");
    }
  }

  /** Whoever acts must still be there, and must see whom it acts on. */
  private void refuseActionsThatCannotBeDone() {
    boolean shared = spec.path("shareProcessNamespace").asBoolean(false);
    for (SecretSpec secret : wanted.plan().secrets()) {
      if (secret.onChange().isEmpty()) {
        continue;
      }
      String annotation = "on-change." + secret.name();
      if (kind == SidecarKind.INIT) {
        problem(
            annotation,
            "with the sidecar 'init' nothing changes after the start: leave it out, or choose"
                + " another keyturn.dev/sidecar");
      } else if (!shared && signals(secret)) {
        problem(
            annotation,
            "a signal reaches the processes of other containers with shareProcessNamespace: true in"
                + " the pod's spec alone: add that, or use http");
      }
    }
  }

  private static boolean signals(SecretSpec secret) {
    return secret.onChange().stream().anyMatch(Action.Signal.class::isInstance);
  }

  /** The files of the identity's volume that are asked for. */
  private boolean uses(String file) {
    return wanted.plan().vault().stream()
        .anyMatch(
            vault ->
                vault.caFile().stream().anyMatch(file::equals)
                    || switch (vault.auth()) {
                      case VaultAuth.Kubernetes auth -> auth.tokenFile().equals(file);
                      case VaultAuth.Jwt auth -> auth.tokenFile().equals(file);
                      case VaultAuth.TokenFile auth -> auth.tokenFile().equals(file);
                      case VaultAuth.AppRole _, VaultAuth.Cert _ -> false;
                    });
  }

  private boolean usesIdentity() {
    return uses(InjectionSettings.TOKEN_FILE) || uses(CLUSTER_CA_FILE) || usesAwsToken();
  }

  /** Whether the sidecar takes on a role of AWS with a token of ours. */
  private boolean usesAwsToken() {
    Plan plan = wanted.plan();
    return plan.setting("aws", "role-arn").isPresent()
        && plan.setting("aws", "token-file").orElse(AWS_TOKEN_FILE).equals(AWS_TOKEN_FILE);
  }

  // ---- who sees what -------------------------------------------------------------------------

  /** Containers that can see secrets: all but our own. */
  private List<ObjectNode> candidates() {
    var candidates = new ArrayList<ObjectNode>();
    candidates.addAll(Pod.elements(spec, "initContainers"));
    candidates.addAll(Pod.elements(spec, "containers"));
    candidates.removeIf(c -> OWN_CONTAINERS.contains(name(c)));
    return candidates;
  }

  /** The API server looks at names only after the webhooks. */
  private boolean hasBadName(ObjectNode container) {
    String bad = SecretSpec.containerProblem(name(container));
    if (bad != null) {
      problem("inject", "the pod has a container with another name than it may have: " + bad);
    }
    return bad != null;
  }

  private Map<String, List<ObjectNode>> readersOf(List<ObjectNode> candidates) {
    var readersOf = new LinkedHashMap<String, List<ObjectNode>>();
    for (SecretSpec secret : wanted.plan().secrets()) {
      List<ObjectNode> readers =
          candidates.stream()
              .filter(
                  c ->
                      secret.containers().isEmpty()
                          ? !Mesh.owns(name(c))
                          : secret.containers().contains(name(c)))
              .toList();
      readersOf.put(secret.name(), readers);
      var missing = new TreeSet<>(secret.containers());
      candidates.forEach(c -> missing.remove(name(c)));
      for (String container : missing) {
        problem("containers." + secret.name(), noContainer(container, candidates));
      }
      if (readers.isEmpty() && missing.isEmpty()) {
        problem("secret." + secret.name(), "no container of the pod could see it");
      }
    }
    return readersOf;
  }

  private String noContainer(String container, List<ObjectNode> candidates) {
    boolean ephemeral =
        Pod.elements(spec, "ephemeralContainers").stream().anyMatch(c -> name(c).equals(container));
    return ephemeral
        ? "'" + container + "' is an ephemeral container, and those get no secret"
        : "the pod has no container '"
            + container
            + "'; it has "
            + String.join(", ", candidates.stream().map(Injection::name).toList());
  }

  /** The plan with what this pod makes of its defaults: who sees a secret, and its mode. */
  private Plan resolve(Map<String, List<ObjectNode>> readersOf, RunAs runAs) {
    var secrets = new ArrayList<SecretSpec>();
    for (SecretSpec secret : wanted.plan().secrets()) {
      List<ObjectNode> readers = readersOf.getOrDefault(secret.name(), List.of());
      secret
          .owner()
          .filter(owner -> owner.uid() != runAs.user())
          .ifPresent(
              owner ->
                  problem(
                      "secret." + secret.name(),
                      "its owner is user "
                          + owner.uid()
                          + ", but the injected container is user "
                          + runAs.user()
                          + " and may not give files away: leave the owner out, or set "
                          + PodPlan.PREFIX
                          + "run-as"));
      secrets.add(runAs.resolve(secret, spec, readers));
    }
    return new Plan(wanted.plan().vault(), wanted.plan().settings(), secrets);
  }

  private List<View> views(Plan plan, List<ObjectNode> readers) {
    var readersOf = new LinkedHashMap<Map.Entry<String, List<String>>, List<ObjectNode>>();
    var parted = new HashSet<String>();
    for (ObjectNode reader : readers) {
      Map<String, List<String>> byPath =
          plan.visibleTo(name(reader)).stream()
              .map(SecretSpec::name)
              .collect(
                  Collectors.groupingBy(
                      wanted::mountPathOf, LinkedHashMap::new, Collectors.toList()));
      if (byPath.size() > 1) {
        parted.add(name(reader));
      }
      for (var entry : byPath.entrySet()) {
        readersOf.computeIfAbsent(entry, e -> new ArrayList<>()).add(reader);
      }
    }
    var views = new ArrayList<View>();
    for (var entry : readersOf.entrySet()) {
      List<ObjectNode> all = entry.getValue();
      boolean whole = all.stream().noneMatch(reader -> parted.contains(name(reader)));
      views.add(new View(entry.getKey().getKey(), entry.getKey().getValue(), whole, all));
    }
    return views;
  }

  private List<ObjectNode> jvms(List<ObjectNode> readers) {
    if (!wanted.javaAgent()) {
      return List.of();
    }
    Set<String> chosen = wanted.javaAgentContainers();
    for (String container : new TreeSet<>(chosen)) {
      if (readers.stream().noneMatch(c -> name(c).equals(container))) {
        problem(
            "java-agent",
            "the container '" + container + "' sees no secret, so its agent would serve none");
      }
    }
    return readers.stream().filter(c -> chosen.isEmpty() || chosen.contains(name(c))).toList();
  }

  // ---- changes -------------------------------------------------------------------------------

  private void mountSecrets(View view, int number) {
    for (ObjectNode reader : view.readers()) {
      mount(reader, SECRETS_VOLUME + number, view.path());
    }
  }

  /** Mounts one of our volumes, read-only, unless something else is there. */
  private ObjectNode mount(ObjectNode container, String volume, String path) {
    ObjectNode mount = null;
    for (ObjectNode there : Pod.elements(container, "volumeMounts")) {
      String other = there.path("mountPath").asString("");
      boolean ours = again && isOwnVolume(name(there));
      if (other.equals(path) && ours) {
        mount = there;
      } else if (overlaps(path, other) && !ours) {
        problem(
            "inject",
            "the container '"
                + name(container)
                + "' has the volume '"
                + name(there)
                + "' at "
                + other
                + ", where Keyturn's "
                + path
                + " shall be: move one of them"
                + (volume.startsWith(SECRETS_VOLUME) ? " (keyturn.dev/mount-path)" : ""));
      }
    }
    if (mount == null) {
      mount = container.withArrayProperty("volumeMounts").addObject();
    }
    return mount.put("name", volume).put("mountPath", path).put("readOnly", true);
  }

  /** Whether another mount is at a directory of ours, or inside of it, where none can be made. */
  private static boolean overlaps(String ours, String other) {
    return (other + "/").startsWith(ours + "/");
  }

  private void addAgent(ObjectNode container, List<View> views) {
    List<String> paths =
        views.stream().filter(v -> v.readers().contains(container)).map(View::path).toList();
    if (paths.size() > 1) {
      problem(
          "java-agent",
          "the agent serves one mount, and the container '"
              + name(container)
              + "' has "
              + String.join(", ", paths)
              + ": give its secrets one mount path, or leave the agent to other containers");
    }
    mount(container, AGENT_VOLUME, AGENT_DIRECTORY);
    if (acknowledges()) {
      // A directory of its own, so that no container can speak for another.
      mount(container, ACKNOWLEDGE_VOLUME, ACKNOWLEDGE_DIRECTORY)
          .put("subPath", name(container))
          .remove("readOnly");
    }
    String problem =
        JavaOptions.add(container, paths.getFirst(), acknowledges(), wanted.javaAgentOptions());
    if (problem != null) {
      problem("java-agent", "the container '" + name(container) + "': " + problem);
    }
    if (JavaOptions.mayHideOthers(container)) {
      warn(
          "java-agent",
          "container '"
              + name(container)
              + "' has envFrom: if it sets JAVA_TOOL_OPTIONS there, Keyturn's now hides it; move it"
              + " to env, where Keyturn appends to it");
    }
  }

  /** Whether somebody is there to hear what is in use. */
  private boolean acknowledges() {
    return kind != SidecarKind.INIT;
  }

  private void addVolumes(int views, boolean agent) {
    for (int i = 0; i < views; i++) {
      // Written only by the sidecar, and charged to its memory limit.
      volume(SECRETS_VOLUME + i)
          .putObject("emptyDir")
          .put("medium", "Memory")
          .put("sizeLimit", settings.mountSize());
    }
    if (kind != SidecarKind.INIT) {
      volume(RUN_VOLUME).putObject("emptyDir").put("medium", "Memory").put("sizeLimit", "1Mi");
      if (wanted.hibernate()) {
        // Twice what a state may have, since the next one is written beside it; takes what is used.
        volume(STATE_VOLUME).putObject("emptyDir").put("medium", "Memory").put("sizeLimit", "64Mi");
      }
      addHint();
    }
    if (agent) {
      // On the node's disk: the agent is no secret, and memory is dear.
      volume(AGENT_VOLUME).putObject("emptyDir").put("sizeLimit", "16Mi");
      if (acknowledges()) {
        volume(ACKNOWLEDGE_VOLUME)
            .putObject("emptyDir")
            .put("medium", "Memory")
            .put("sizeLimit", "1Mi");
      }
    }
    if (usesIdentity()) {
      addIdentity();
    }
    for (String name : objects.mounts().keySet()) {
      objects.fill(volume(name), TOKEN_SECONDS, READABLE);
    }
    for (var files : new TreeMap<>(wanted.files()).entrySet()) {
      ObjectNode volume = volume(FILES_VOLUME + files.getKey());
      ObjectNode source =
          files.getKey().equals(PodPlan.SOPS)
              ? volume.putObject("configMap").put("name", files.getValue())
              : volume.putObject("secret").put("secretName", files.getValue());
      source.put("defaultMode", READABLE);
    }
  }

  private void addHint() {
    ObjectNode hint = volume(HINT_VOLUME).putObject("downwardAPI");
    hint.put("defaultMode", READABLE);
    ObjectNode item = hint.putArray("items").addObject();
    item.put("path", HINT_FILE);
    // The API's default, spelt out so that a second call finds it equal.
    item.putObject("fieldRef")
        .put("apiVersion", "v1")
        .put("fieldPath", "metadata.annotations['" + RefreshHint.ANNOTATION + "']");
  }

  private void addIdentity() {
    ObjectNode projected = volume(IDENTITY_VOLUME).putObject("projected");
    projected.put("defaultMode", READABLE);
    ArrayNode sources = projected.putArray("sources");
    if (uses(InjectionSettings.TOKEN_FILE)) {
      ObjectNode token = sources.addObject().putObject("serviceAccountToken");
      String audience = wanted.audience().orElse(settings.audience());
      if (!audience.isEmpty()) {
        token.put("audience", audience);
      }
      token.put("expirationSeconds", TOKEN_SECONDS).put("path", "token");
    }
    if (usesAwsToken()) {
      sources
          .addObject()
          .putObject("serviceAccountToken")
          .put("audience", AWS_AUDIENCE)
          .put("expirationSeconds", TOKEN_SECONDS)
          .put("path", "aws-token");
    }
    if (uses(CLUSTER_CA_FILE)) {
      ObjectNode ca = sources.addObject().putObject("configMap").put("name", CLUSTER_CA_CONFIG_MAP);
      ca.putArray("items").addObject().put("key", "ca.crt").put("path", "ca.crt");
    }
  }

  /** An empty volume of ours, in the place of the one that was there. */
  private ObjectNode volume(String name) {
    ArrayNode volumes = spec.withArrayProperty("volumes");
    for (ObjectNode volume : Pod.elements(spec, "volumes")) {
      if (name(volume).equals(name)) {
        volume.removeAll();
        return volume.put("name", name);
      }
    }
    return volumes.addObject().put("name", name);
  }

  private void addContainers(SidecarContainers sidecar) {
    switch (kind) {
      case NATIVE -> addInit(sidecar.nativeSidecar(SIDECAR));
      case INIT_AND_SIDECAR -> {
        addInit(sidecar.init(INIT));
        // Last, since tools take the first container for the application's.
        ArrayNode containers = spec.withArrayProperty("containers");
        ObjectNode there = find(Pod.elements(spec, "containers"), SIDECAR);
        if (there == null) {
          containers.add(sidecar.plain(SIDECAR));
        } else {
          SidecarContainers.bringUpToDate(there, sidecar.plain(SIDECAR));
        }
      }
      case INIT -> addInit(sidecar.init(INIT));
    }
  }

  private void addInit(ObjectNode container) {
    List<ObjectNode> others = Pod.elements(spec, "initContainers");
    ObjectNode there = find(others, name(container));
    if (there != null) {
      SidecarContainers.bringUpToDate(there, container);
      others.remove(there);
    }
    others.add(Mesh.place(others), there == null ? container : there);
    spec.putArray("initContainers").addAll(others);
  }

  // ---- what the author should know -----------------------------------------------------------

  private void warn(RunAs runAs, Plan plan, Map<String, List<ObjectNode>> readersOf) {
    for (Problem warning : translation.warnings()) {
      warnings.add(new Warning(warning.key(), warning.message(), true));
    }
    for (SecretSpec secret : plan.secrets()) {
      for (ObjectNode reader : readersOf.getOrDefault(secret.name(), List.of())) {
        if (runAs.mayBeUnreadable(secret, reader, spec)) {
          warn(
              annotation(secret),
              "container '"
                  + name(reader)
                  + "' may not be able to read '"
                  + secret.name()
                  + "', which user "
                  + runAs.user()
                  + " owns: set keyturn.dev/run-as to its user, or a wider mode");
        }
      }
    }
    plan.secrets().stream()
        .filter(RunAs::isReadByAll)
        .findFirst()
        .ifPresent(
            secret ->
                warn(
                    annotation(secret),
                    "secrets such as '"
                        + secret.name()
                        + "' are readable by all users of their containers (mode 0444), since not"
                        + " all of those say the same user: set runAsUser or fsGroup"));
    if (spec.path("shareProcessNamespace").asBoolean(false)) {
      warn(
          "inject",
          "shareProcessNamespace: processes of one user can reach the files of another container,"
              + " so every container may see every secret");
    }
    Optional<SecretSpec> signals = plan.secrets().stream().filter(Injection::signals).findFirst();
    if (signals.isPresent() && candidates().stream().noneMatch(c -> runAs.isUserOf(c, spec))) {
      // kill(2): without a capability, to processes of the same user.
      warn(
          "on-change." + signals.get().name(),
          "signals are sent as user "
              + runAs.user()
              + ", and no container says that it is that user's: set keyturn.dev/run-as to the user"
              + " of the process, or use http");
    }
    int grace = spec.path("terminationGracePeriodSeconds").asInt(DEFAULT_GRACE_SECONDS);
    boolean revokes = plan.vault().isPresent() && plan.vault().get().revoke();
    if (kind != SidecarKind.INIT && revokes && grace < MIN_GRACE_SECONDS) {
      warn(
          "inject",
          "terminationGracePeriodSeconds is less than "
              + MIN_GRACE_SECONDS
              + ", so the sidecar may be killed before it has given its leases back: they then live"
              + " until they expire");
    }
    if (wanted.hibernate()) {
      warnOfWaking(plan);
    }
    if (plan.vault().filter(vault -> "http".equals(vault.address().getScheme())).isPresent()) {
      warn(
          "vault.address",
          "vault.address is http: the pod's identity and its secrets cross the network as clear"
              + " text; use https");
    }
    if (plan.setting("aws", "endpoint").filter(it -> it.startsWith("http:")).isPresent()) {
      warn(
          "aws.endpoint",
          "aws.endpoint is http: secrets cross the network as clear text; use https");
    }
    if (Mesh.hasNoNetworkForInitContainers(Pod.elements(spec, "initContainers"))) {
      warn(
          "inject",
          "the mesh's proxy is no native sidecar, so no init container has a network: let the mesh"
              + " use native sidecars, or exclude the secret source's port from redirection");
    }
  }

  /** What is looked at often keeps a sidecar awake, or has it start again and again. */
  private void warnOfWaking(Plan plan) {
    Optional<SecretSpec> first =
        plan.secrets().stream()
            .filter(SecretSpec::isLookedAt)
            .min(Comparator.comparing(SecretSpec::refresh));
    if (first.isEmpty() || first.get().refresh().compareTo(UNHURRIED) >= 0) {
      return;
    }
    SecretSpec secret = first.get();
    long seconds = Math.max(1, secret.refresh().toSeconds());
    warn(
        "hibernate",
        "the sidecar wakes every "
            + seconds
            + " s to look at '"
            + secret.name()
            + (seconds <= SHORTEST_SLEEP.toSeconds()
                ? "', so it never sleeps: "
                : "', which takes about "
                    + CPU_PER_START.multipliedBy(3600 / seconds).toSeconds()
                    + " s of a processor each hour: ")
            + "set keyturn.dev/refresh."
            + secret.name()
            + " to 5m or more");
  }

  private void warn(String annotation, String message) {
    String written = translation.origin(PodPlan.PREFIX + annotation);
    warnings.add(new Warning(written, message, false));
  }

  /** The one that makes a secret, where it is an annotation of its own. */
  private static String annotation(SecretSpec secret) {
    return (secret.template().isPresent() ? "template." : "secret.") + secret.name();
  }

  private void problem(String annotation, String message) {
    problems.add(new Problem(PodPlan.PREFIX + annotation, message));
  }

  private static boolean isOwnVolume(String name) {
    return name.startsWith(SECRETS_VOLUME)
        || name.equals(AGENT_VOLUME)
        || name.equals(RUN_VOLUME)
        || name.equals(STATE_VOLUME)
        || name.equals(HINT_VOLUME)
        || name.equals(ACKNOWLEDGE_VOLUME)
        || name.equals(IDENTITY_VOLUME)
        || name.startsWith(KubernetesObjects.VOLUME)
        || name.startsWith(FILES_VOLUME);
  }

  private static @Nullable ObjectNode find(List<ObjectNode> elements, String name) {
    return elements.stream().filter(e -> name(e).equals(name)).findFirst().orElse(null);
  }

  private static String name(ObjectNode element) {
    return element.path("name").asString("");
  }
}
