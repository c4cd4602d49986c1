package dev.keyturn.javaagent.core;

import dev.keyturn.mount.Generation;
import dev.keyturn.mount.MountException;
import dev.keyturn.mount.MountedFile;
import java.io.File;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All answers of one generation, made once. Immutable, and in one volatile field: who reads it sees
 * one generation, whole.
 */
final class Snapshot {
  static volatile Snapshot current =
      new Snapshot(Collections.<String, String>emptyMap(), new File(""));

  /** What the mount adds to the environment, or puts in place of what was there. */
  final Map<String, String> secrets = new HashMap<>();

  final Map<String, String> properties = new HashMap<>();

  /** What can't be answered, and why. */
  final List<String> problems = new ArrayList<>();

  private final Map<String, String> realEnvironment;
  private volatile @Nullable Map<String, String> environment;

  /** No secrets: the environment as it is. */
  Snapshot(Map<String, String> realEnvironment, File mount) {
    this.realEnvironment = realEnvironment;
    // dev.keyturn.Secrets finds the agent's mount, however the agent was told.
    properties.put("keyturn.mount", mount.getPath());
  }

  Snapshot(Map<String, String> realEnvironment, File mount, Generation generation) {
    this(realEnvironment, mount);
    for (MountedFile file : generation.files()) {
      answer(file, file.env(), secrets);
      answer(file, file.properties(), properties);
    }
    for (MountedFile file : generation.files()) {
      Map<String, String> names = new HashMap<>();
      for (Map.Entry<String, String> name : file.defaultEnv().entrySet()) {
        if (!realEnvironment.containsKey(name.getKey())) {
          names.put(name.getKey(), name.getValue());
        }
      }
      answer(file, names, secrets);
    }
  }

  private void answer(MountedFile file, Map<String, String> names, Map<String, String> answers) {
    for (Map.Entry<String, String> name : names.entrySet()) {
      if (!answers.containsKey(name.getKey())) {
        try {
          answers.put(name.getKey(), file.text(name.getValue()));
        } catch (MountException e) {
          problems.add("no answer for " + name.getKey() + ": " + e.getMessage());
        }
      }
    }
  }

  /** A variable's value: the secret of that name, else what the process really has. */
  @Nullable String variable(String name) {
    String secret = secrets.get(name);
    return secret != null ? secret : realEnvironment.get(name);
  }

  /** The real environment with the secrets in it. Made when first asked for: few ask. */
  Map<String, String> environment() {
    Map<String, String> all = environment;
    if (all == null) {
      all = new HashMap<>(realEnvironment);
      all.putAll(secrets);
      environment = all;
    }
    return all;
  }
}
