package dev.keyturn.bench;

import java.io.IOException;
import java.net.PasswordAuthentication;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.DoubleStream;
import javax.security.auth.callback.PasswordCallback;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * What a read of a variable or a property, and a call of a sink, costs in a JVM with the agent,
 * beside one without. bench/agent starts it: {@code AgentReads AGENT_JAR MOUNT ROUNDS RESULT_FILE},
 * with the variables BENCH_SECRET and BENCH_REAL and the same mount answering for BENCH_SECRET and
 * bench.secret. Writes lines of {@code read, subject, min, median, max}, in nanoseconds.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 200, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 200, timeUnit = TimeUnit.MILLISECONDS)
public class AgentReads {
  private final PasswordAuthentication authentication =
      new PasswordAuthentication("me", "no stand-in".toCharArray());
  private final PasswordCallback callback = new PasswordCallback("password", false);

  {
    callback.setPassword("no stand-in".toCharArray());
  }

  @Benchmark
  public @Nullable String getenvOfSecret() {
    return System.getenv("BENCH_SECRET");
  }

  @Benchmark
  public @Nullable String getenvOfRealVariable() {
    return System.getenv("BENCH_REAL");
  }

  @Benchmark
  public @Nullable String getenvViewOfSecret() {
    return System.getenv().get("BENCH_SECRET");
  }

  @Benchmark
  public @Nullable String getPropertyOfSecret() {
    return System.getProperty("bench.secret");
  }

  @Benchmark
  public @Nullable String getPropertyOfOther() {
    return System.getProperty("java.version");
  }

  /** Sinks whose calls have no stand-in. */
  @Benchmark
  public char[] passwordOfAuthenticationWithoutStandIn() {
    return authentication.getPassword();
  }

  @Benchmark
  public char @Nullable [] passwordOfCallbackWithoutStandIn() {
    return callback.getPassword();
  }

  static void main(String[] args) throws RunnerException, IOException {
    List<String> lines = new ArrayList<>();
    List<Collection<RunResult>> plain = new ArrayList<>();
    List<Collection<RunResult>> agent = new ArrayList<>();
    for (int round = 0; round < Integer.parseInt(args[2]); round++) {
      plain.add(run("-Dbench.secret=from-the-command-line"));
      agent.add(run("-javaagent:" + args[0] + "=mount=" + args[1]));
    }
    lines.addAll(lines("no agent", plain));
    lines.addAll(lines("Keyturn", agent));
    Files.write(Path.of(args[3]), lines);
  }

  private static Collection<RunResult> run(String jvmArgument) throws RunnerException {
    return new Runner(
            new OptionsBuilder()
                .include(AgentReads.class.getName() + "\\.")
                .forks(1)
                // JMH's own use of Unsafe, which the JVM would warn of.
                .jvmArgsAppend("--sun-misc-unsafe-memory-access=allow", jvmArgument)
                .verbosity(VerboseMode.SILENT)
                .build())
        .run();
  }

  private static List<String> lines(String subject, List<Collection<RunResult>> rounds) {
    return rounds.getFirst().stream()
        .map(result -> result.getParams().getBenchmark())
        .map(
            benchmark -> {
              double[] times =
                  rounds.stream()
                      .flatMap(Collection::stream)
                      .filter(result -> result.getParams().getBenchmark().equals(benchmark))
                      .flatMap(result -> result.getBenchmarkResults().stream())
                      .flatMap(result -> result.getIterationResults().stream())
                      .flatMapToDouble(
                          iteration -> DoubleStream.of(iteration.getPrimaryResult().getScore()))
                      .sorted()
                      .toArray();
              return String.format(
                  Locale.ROOT,
                  "%s,%s,%.1f,%.1f,%.1f",
                  benchmark.substring(benchmark.lastIndexOf('.') + 1),
                  subject,
                  times[0],
                  times[times.length / 2],
                  Arrays.stream(times).max().orElseThrow());
            })
        .toList();
  }
}
