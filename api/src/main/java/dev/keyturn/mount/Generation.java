package dev.keyturn.mount;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One consistent set of files, as it was published. Immutable. */
public final class Generation {
  private final String id;
  private final List<MountedFile> files;

  Generation(String id, List<MountedFile> files) {
    this.id = id;
    this.files = Collections.unmodifiableList(files);
  }

  /** The directory's name without the leading {@code ..}. */
  public String id() {
    return id;
  }

  /** The files, in the order of the manifest. */
  public List<MountedFile> files() {
    return files;
  }

  /** The file of that name, or null. */
  public @Nullable MountedFile file(String name) {
    for (MountedFile file : files) {
      if (file.name().equals(name)) {
        return file;
      }
    }
    return null;
  }

  /** The files' names. */
  public List<String> names() {
    List<String> names = new ArrayList<>();
    for (MountedFile file : files) {
      names.add(file.name());
    }
    return names;
  }

  /** Why files could not be read; empty if all could. */
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    for (MountedFile file : files) {
      if (file.problem() != null) {
        problems.add(file.name() + ": " + file.problem());
      }
    }
    return problems;
  }
}
