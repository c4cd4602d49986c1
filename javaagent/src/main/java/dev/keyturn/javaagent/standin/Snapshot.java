package dev.keyturn.javaagent.standin;

import dev.keyturn.javaagent.report.Uses;
import dev.keyturn.mount.Generation;
import dev.keyturn.mount.MountException;
import dev.keyturn.mount.MountedFile;
import java.io.File;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * All of one generation: what getenv and getProperty answer, made once, and the files, for
 * stand-ins. Immutable but for what was learnt of refused pairs, and in one volatile field: who
 * reads it sees one generation, whole.
 */
public final class Snapshot {
  private static volatile Snapshot current =
      new Snapshot(Collections.<String, String>emptyMap(), new File(""));

  /** What the mount adds to the environment, or puts in place of what was there. */
  private final Map<String, Answer> variables = new HashMap<>();

  private final Map<String, Answer> properties = new HashMap<>();
  private final List<String> problems = new ArrayList<>();
  private final @Nullable Generation generation;
  private final Map<String, Former> former = new ConcurrentHashMap<>();

  /** The version to go on with, of secrets whose newest one was refused. See {@link Attempts}. */
  private final Map<String, MountedFile> preferred = new ConcurrentHashMap<>();

  private final Map<String, String> realEnvironment;
  private volatile @Nullable Map<String, String> environment;

  /** What is answered for a name. */
  private static final class Answer {
    final String text;

    /** The file whose value the text is; null for what is no value, such as a stand-in. */
    final @Nullable MountedFile given;

    /** Any thread sets it, and a lost write is made good by the next read. */
    private boolean asked;

    Answer(String text, @Nullable MountedFile given) {
      this.text = text;
      this.given = given;
    }

    String get() {
      if (!asked) {
        asked = true;
      }
      return text;
    }
  }

  /** A version that was replaced, and when. */
  static final class Former {
    final MountedFile file;
    final long replacedAtNanos;

    Former(MountedFile file, long replacedAtNanos) {
      this.file = file;
      this.replacedAtNanos = replacedAtNanos;
    }
  }

  /** No secrets: the environment as it is. */
  Snapshot(Map<String, String> realEnvironment, File mount) {
    this(realEnvironment, mount, null);
  }

  private Snapshot(
      Map<String, String> realEnvironment, File mount, @Nullable Generation generation) {
    this.realEnvironment = realEnvironment;
    this.generation = generation;
    // dev.keyturn.Secrets finds the agent's mount, however the agent was told.
    properties.put("keyturn.mount", new Answer(mount.getPath(), null));
  }

  /** What follows the given one. */
  static Snapshot of(
      Map<String, String> realEnvironment, File mount, Generation generation, Snapshot before) {
    before.noteUses();
    Snapshot snapshot = new Snapshot(realEnvironment, mount, generation);
    for (MountedFile file : generation.files()) {
      snapshot.answer(file, file.env(), snapshot.variables);
      snapshot.answer(file, file.properties(), snapshot.properties);
      snapshot.succeed(file, before);
    }
    for (MountedFile file : generation.files()) {
      Map<String, String> names = new HashMap<>();
      for (Map.Entry<String, String> name : file.defaultEnv().entrySet()) {
        if (!realEnvironment.containsKey(name.getKey())) {
          names.put(name.getKey(), name.getValue());
        }
      }
      snapshot.answer(file, names, snapshot.variables);
    }
    return snapshot;
  }

  /** A variable of this process's real environment, or null. */
  public @Nullable String realVariable(String name) {
    return realEnvironment.get(name);
  }

  public static Snapshot current() {
    return current;
  }

  static void publish(Snapshot snapshot) {
    current = snapshot;
  }

  private void answer(MountedFile file, Map<String, String> names, Map<String, Answer> answers) {
    for (Map.Entry<String, String> name : names.entrySet()) {
      if (!answers.containsKey(name.getKey())) {
        try {
          answers.put(
              name.getKey(),
              new Answer(shown(file, name.getValue()), file.standIn() ? null : file));
        } catch (MountException e) {
          problems.add("no answer for " + name.getKey() + ": " + e.getMessage());
        }
      }
    }
  }

  /** What the application gets to see of a key: the value or its stand-in. */
  private static String shown(MountedFile file, String key) throws MountException {
    String value = file.text(key);
    return file.standIn() ? StandIns.of(file.name(), key) : value;
  }

  private void succeed(MountedFile file, Snapshot before) {
    MountedFile was = before.file(file.name());
    if (was == null || was.problem() != null) {
      return;
    }
    if (was.sameContent(file)) {
      Former kept = before.former.get(file.name());
      if (kept != null && !Watcher.windowIsOver(kept.replacedAtNanos)) {
        former.put(file.name(), kept);
      }
      MountedFile better = before.preferred.get(file.name());
      if (better != null) {
        preferred.put(file.name(), better);
      }
    } else {
      former.put(file.name(), new Former(was, System.nanoTime()));
    }
  }

  /** Lets go of versions that are not to be tried any more. */
  void forgetFormer() {
    for (Map.Entry<String, Former> one : new ArrayList<>(former.entrySet())) {
      if (Watcher.windowIsOver(one.getValue().replacedAtNanos)) {
        former.remove(one.getKey());
        preferred.remove(one.getKey());
      }
    }
  }

  /** The version before the one in the mount, while it may still be tried; else null. */
  public @Nullable MountedFile former(String secret) {
    Former one = former.get(secret);
    return one == null || Watcher.windowIsOver(one.replacedAtNanos) ? null : one.file;
  }

  /**
   * The newest version of each secret that is still there, or the one before where there is one.
   */
  Map<String, MountedFile> versions(Set<String> secrets, boolean before) {
    Map<String, MountedFile> versions = new HashMap<>();
    for (String secret : secrets) {
      MountedFile one = before ? former(secret) : null;
      one = one == null ? file(secret) : one;
      if (one != null) {
        versions.put(secret, one);
      }
    }
    return versions;
  }

  Map<String, MountedFile> preferred() {
    return preferred;
  }

  /** The given versions, but for secrets whose newest one was refused. */
  Map<String, MountedFile> preferred(Map<String, MountedFile> newest) {
    Map<String, MountedFile> versions = new HashMap<>(newest);
    for (Map.Entry<String, MountedFile> one : preferred.entrySet()) {
      if (versions.containsKey(one.getKey())) {
        versions.put(one.getKey(), one.getValue());
      }
    }
    return versions;
  }

  void prefer(Map<String, MountedFile> versions) {
    preferred.putAll(versions);
  }

  /** These versions are preferred no longer. */
  void refused(Map<String, MountedFile> versions) {
    for (Map.Entry<String, MountedFile> one : versions.entrySet()) {
      preferred.remove(one.getKey(), one.getValue());
    }
  }

  /** The secrets of the mount; empty if there is none. */
  public List<MountedFile> files() {
    return generation == null ? Collections.<MountedFile>emptyList() : generation.files();
  }

  public @Nullable MountedFile file(String secret) {
    return generation == null ? null : generation.file(secret);
  }

  /** The generation's id, or empty. */
  public String id() {
    return generation == null ? "" : generation.id();
  }

  /** What can't be answered, and why. */
  List<String> problems() {
    return problems;
  }

  /** The names of secrets whose bytes are not what they were, or are new. */
  Set<String> changedSince(Snapshot before) {
    Set<String> changed = new HashSet<>();
    for (MountedFile file : files()) {
      MountedFile was = before.file(file.name());
      if (was == null || !was.sameContent(file)) {
        changed.add(file.name());
      }
    }
    return changed;
  }

  /** A variable's value: the secret of that name, else what the process really has. */
  public @Nullable String variable(String name) {
    Answer secret = variables.get(name);
    return secret != null ? secret.get() : realEnvironment.get(name);
  }

  /** The names of the variables that a secret answers for. */
  public Set<String> variables() {
    return variables.keySet();
  }

  /** The real environment with the secrets in it. Made when first asked for: few ask. */
  public Map<String, String> environment() {
    Map<String, String> all = environment;
    if (all == null) {
      all = new HashMap<>(realEnvironment);
      all.putAll(texts(variables));
      environment = all;
    }
    return all;
  }

  /** The value of a property that a plan names, or of {@code keyturn.SECRET[.KEY]}; else null. */
  public @Nullable String property(String name) {
    Answer declared = properties.get(name);
    if (declared != null) {
      return declared.get();
    }
    return name.startsWith("keyturn.") ? ownProperty(name) : null;
  }

  private @Nullable String ownProperty(String name) {
    String path = name.substring("keyturn.".length());
    for (int end = path.length(); end > 0; end = path.lastIndexOf('.', end - 1)) {
      MountedFile file = file(path.substring(0, end));
      if (file != null) {
        try {
          String shown = shown(file, end == path.length() ? "" : path.substring(end + 1));
          if (!file.standIn()) {
            Uses.given(file.name(), file.version());
          }
          return shown;
        } catch (MountException e) {
          return null;
        }
      }
    }
    return null;
  }

  /** The properties that a plan names. */
  public Map<String, String> properties() {
    return texts(properties);
  }

  private static Map<String, String> texts(Map<String, Answer> answers) {
    Map<String, String> texts = new HashMap<>();
    for (Map.Entry<String, Answer> answer : answers.entrySet()) {
      texts.put(answer.getKey(), answer.getValue().text);
    }
    return texts;
  }

  /** Notes which versions the application has asked for by name since the last time. */
  public void noteUses() {
    noteUses(variables);
    noteUses(properties);
  }

  private static void noteUses(Map<String, Answer> answers) {
    for (Answer answer : answers.values()) {
      MountedFile file = answer.given;
      if (answer.asked && file != null) {
        answer.asked = false;
        Uses.given(file.name(), file.version());
      }
    }
  }

  /** The application has read all variables. */
  public void allVariablesAsked() {
    for (Answer answer : variables.values()) {
      answer.asked = true;
    }
  }

  /**
   * The names {@code keyturn.SECRET} and {@code keyturn.SECRET.KEY} of all that {@link #property}
   * answers for, besides those that a plan names.
   */
  public Set<String> ownProperties() {
    Set<String> names = new HashSet<>();
    for (MountedFile file : files()) {
      for (String key : file.keys()) {
        names.add("keyturn." + file.name() + "." + key);
      }
      names.add("keyturn." + file.name());
    }
    return names;
  }
}
