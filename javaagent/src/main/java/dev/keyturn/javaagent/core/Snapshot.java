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

/**
 * All answers of one generation, made once. Immutable, and in one volatile field: who reads it sees
 * one generation, whole.
 */
final class Snapshot {
  static volatile Snapshot current =
      new Snapshot(Collections.<String, String>emptyMap(), new File(""));

  /** What the mount adds to the environment, or puts in place of what was there. */
  final Map<String, String> secrets = new HashMap<>();

  /** The real environment with the secrets in it. */
  final Map<String, String> environment;

  final Map<String, String> properties = new HashMap<>();

  /** What can't be answered, and why. */
  final List<String> problems = new ArrayList<>();

  /** No secrets: the environment as it is. */
  Snapshot(Map<String, String> realEnvironment, File mount) {
    // dev.keyturn.Secrets finds the agent's mount, however the agent was told.
    properties.put("keyturn.mount", mount.getPath());
    environment = new HashMap<>(realEnvironment);
  }

  Snapshot(Map<String, String> realEnvironment, File mount, Generation generation) {
    this(realEnvironment, mount);
    for (MountedFile file : generation.files()) {
      answer(file, file.env(), secrets);
      answer(file, file.properties(), properties);
    }
    for (MountedFile file : generation.files()) {
      Map<String, String> names = new HashMap<>(file.defaultEnv());
      names.keySet().removeAll(realEnvironment.keySet());
      answer(file, names, secrets);
    }
    environment.putAll(secrets);
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
}
