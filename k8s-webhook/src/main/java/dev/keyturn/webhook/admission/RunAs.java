package dev.keyturn.webhook.admission;

import dev.keyturn.plan.Owner;
import dev.keyturn.plan.SecretSpec;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Which user the sidecar is, and which permissions let the containers read what it writes.
 *
 * @param user never 0
 * @param group never 0, unless the pod's author says so
 * @param fsGroup the group that all of the pod's containers are in, if there is one
 */
record RunAs(int user, int group, OptionalInt fsGroup) {
  /** The image's own user: that of distroless images, too. */
  private static final int DEFAULT_USER = 65532;

  private static final Set<PosixFilePermission> OWNER_READS =
      PosixFilePermissions.fromString("r--------");
  private static final Set<PosixFilePermission> GROUP_READS =
      PosixFilePermissions.fromString("r--r-----");
  private static final Set<PosixFilePermission> ALL_READ =
      PosixFilePermissions.fromString("r--r--r--");

  /**
   * What the pod's author says, else the one user that all readers are, else the image's.
   *
   * @param readers the containers that see a secret
   */
  static RunAs of(Optional<Owner> said, JsonNode podSpec, List<ObjectNode> readers) {
    JsonNode context = podSpec.path("securityContext");
    OptionalInt fsGroup = number(context.path("fsGroup"));
    if (said.isPresent()) {
      return new RunAs(said.get().uid(), said.get().gid(), fsGroup);
    }
    List<OptionalInt> users = readers.stream().map(c -> userOf(c, podSpec)).distinct().toList();
    int user =
        users.size() == 1 && users.getFirst().orElse(0) != 0
            ? users.getFirst().getAsInt()
            : DEFAULT_USER;
    return new RunAs(user, fsGroup.isPresent() ? fsGroup.getAsInt() : user, fsGroup);
  }

  /** The user that a container's processes start as; empty where the image decides. */
  static OptionalInt userOf(ObjectNode container, JsonNode podSpec) {
    OptionalInt own = number(container.path("securityContext").path("runAsUser"));
    return own.isPresent() ? own : number(podSpec.path("securityContext").path("runAsUser"));
  }

  /** The secret with its readers spelt out, and a mode as tight as all of them can read. */
  SecretSpec resolve(SecretSpec secret, JsonNode podSpec, List<ObjectNode> readers) {
    Set<PosixFilePermission> mode;
    Optional<Owner> owner = secret.owner();
    if (secret.givenMode().isPresent()) {
      mode = secret.givenMode().get();
    } else if (readers.stream().allMatch(c -> isUserOf(c, podSpec))) {
      mode = OWNER_READS;
    } else if (fsGroup.isPresent()) {
      mode = GROUP_READS;
      if (group != fsGroup.getAsInt()) {
        // Files are of the sidecar's group, which the author has made another one.
        owner = Optional.of(new Owner(user, fsGroup.getAsInt()));
      }
    } else {
      mode = ALL_READ;
    }
    var containers = new LinkedHashSet<String>();
    readers.forEach(reader -> containers.add(reader.path("name").asString("")));
    return new SecretSpec(
        secret.name(),
        secret.from(),
        secret.fallbacks(),
        secret.template(),
        secret.format(),
        secret.env(),
        secret.properties(),
        Optional.of(mode),
        owner,
        containers,
        secret.givenRefresh(),
        secret.required(),
        secret.onChange(),
        secret.group(),
        secret.storePassword(),
        secret.expose(),
        secret.hosts());
  }

  /** Whether a container may find that it cannot open a secret. */
  boolean mayBeUnreadable(SecretSpec secret, ObjectNode reader, JsonNode podSpec) {
    Set<PosixFilePermission> mode = secret.mode();
    return !mode.contains(PosixFilePermission.OTHERS_READ)
        && !(mode.contains(PosixFilePermission.GROUP_READ) && fsGroup.isPresent())
        && !isUserOf(reader, podSpec);
  }

  static boolean isReadByAll(SecretSpec secret) {
    return secret.mode().equals(ALL_READ);
  }

  /** Whether a container's processes are certainly of the sidecar's user. */
  boolean isUserOf(ObjectNode container, JsonNode podSpec) {
    OptionalInt other = userOf(container, podSpec);
    return other.isPresent() && other.getAsInt() == user;
  }

  private static OptionalInt number(JsonNode value) {
    return value.isInt() ? OptionalInt.of(value.intValue()) : OptionalInt.empty();
  }
}
