package dev.keyturn.javaagent.report;

import java.util.List;
import java.util.Map;

/** Gathers what the MXBean shows. */
final class Agent implements AgentMXBean {
  @Override
  public String getGeneration() {
    return Uses.generation();
  }

  @Override
  public List<SecretState> getSecrets() {
    return Uses.secrets();
  }

  @Override
  public Map<String, Long> getLeaksMasked() {
    return Leaks.MASKED.now();
  }

  @Override
  public Map<String, Long> getLeaksBlocked() {
    return Leaks.BLOCKED.now();
  }

  @Override
  public Map<String, Long> getLeaksReported() {
    return Leaks.REPORTED.now();
  }

  @Override
  public Map<String, Long> getFailuresSuppressed() {
    return Problems.FAILURES.now();
  }

  @Override
  public Map<String, Long> getPoolsRetired() {
    return Retired.POOLS.now();
  }
}
