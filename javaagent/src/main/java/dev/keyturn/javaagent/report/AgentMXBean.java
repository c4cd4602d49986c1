package dev.keyturn.javaagent.report;

import java.util.Date;
import java.util.List;
import java.util.Map;

/** What {@code dev.keyturn:type=Agent} shows. No value is in it. */
public interface AgentMXBean {
  /** The generation of the mount that is served. */
  String getGeneration();

  List<SecretState> getSecrets();

  /** How often a value was masked, by sink. */
  Map<String, Long> getLeaksMasked();

  /** How many child processes were not started since they would have shown a value, by sink. */
  Map<String, Long> getLeaksBlocked();

  /** How many were started, by configuration. */
  Map<String, Long> getLeaksReported();

  /** What went wrong in the agent and was kept from the application, by sink. */
  Map<String, Long> getFailuresSuppressed();

  /** Pools that were told to replace their connections after a rotation, by class. */
  Map<String, Long> getPoolsRetired();

  /** One secret. */
  interface SecretState {
    String getName();

    /** The version that is served. */
    String getVersion();

    /** When that version was read from the mount. */
    Date getLoadedAt();

    /** The version that the application was last given, or a sink put in; empty if none was. */
    String getVersionInUse();

    /** How often a stand-in was replaced, by sink. */
    Map<String, Long> getUses();
  }
}
