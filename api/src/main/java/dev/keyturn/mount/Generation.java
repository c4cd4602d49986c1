package dev.keyturn.mount;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One consistent set of files, as it was published. Immutable. */
public final class Generation {
  private final String id;
  private final Map<String, MountedFile> files;

  Generation(String id, Map<String, MountedFile> files) {
    this.id = id;
    this.files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
  }

  /** The directory's name without the leading {@code ..}. */
  public String id() {
    return id;
  }

  /** The files, in the order of the manifest. */
  public Collection<MountedFile> files() {
    return files.values();
  }

  /** The file of that name, or null. */
  public @Nullable MountedFile file(String name) {
    return files.get(name);
  }
}
