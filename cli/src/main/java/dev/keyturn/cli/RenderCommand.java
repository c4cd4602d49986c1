package dev.keyturn.cli;

import dev.keyturn.plan.Format;
import dev.keyturn.plan.Plan;
import dev.keyturn.plan.PlanException;
import dev.keyturn.plan.SecretSpec;
import dev.keyturn.plan.TemplateSpec;
import dev.keyturn.sidecar.SettingsException;
import dev.keyturn.sidecar.Sidecar;
import dev.keyturn.sidecar.SidecarConfig;
import dev.keyturn.sidecar.SidecarConfig.MountTarget;
import dev.keyturn.tmpfs.Mount.DiskPolicy;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code keyturn render}: what a plan or a template becomes, once. */
@Command(
    name = "render",
    description = {
      "Renders the files of a plan, or one template, once and against the real sources: for people"
          + " who write them.",
      "The secrets go to standard output or into a directory; leases are given back at the end."
    },
    customSynopsis = "keyturn render --plan FILE [OPTION...] [SECRET...]%n",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all is rendered",
      "2:the command line, the plan or the template is wrong",
      "125:something can't be fetched or rendered"
    })
final class RenderCommand implements Callable<Integer> {

  @Option(
      names = "--plan",
      required = true,
      paramLabel = "FILE",
      description = "What to render, and which Vault to ask, in YAML or JSON.")
  private Path planFile;

  @Mixin private ProfileOptions profile;

  @Option(
      names = "--template",
      paramLabel = "FILE",
      description = "A template to render in place of the plan's secrets, with the plan's Vault.")
  private @Nullable Path templateFile;

  @Option(
      names = "--to",
      paramLabel = "DIR",
      description =
          "Write the files there, readable by you alone, instead of to standard output; replaces"
              + " those of the same name.")
  private @Nullable Path directory;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "How long to wait, as long as that can help. Default: ${DEFAULT-VALUE}.")
  private int waitSeconds;

  @Option(
      names = "--allow-disk",
      description = "Render even where no place in memory is found, as on macOS.")
  private boolean allowDisk;

  @Parameters(
      arity = "0..*",
      paramLabel = "SECRET",
      description = "Which of the plan's secrets. Default: all.")
  private List<String> wanted = List.of();

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before call()
  RenderCommand() {}

  @Override
  public Integer call() throws InterruptedException, IOException {
    Plan plan = plan();
    DiskPolicy policy = allowDisk ? DiskPolicy.ALLOW : DiskPolicy.REFUSE;
    try (RunMount mount = RunMount.inMemory(policy);
        Sidecar sidecar = start(plan, mount)) {
      await(sidecar);
      write(plan.secrets(), mount.directory());
      return 0;
    } catch (SettingsException e) {
      throw new CommandFailure(
          CommandFailure.NOT_STARTED, e.problems().stream().map(String::valueOf).toList());
    }
  }

  private Plan plan() {
    try {
      Plan plan = PlanFile.read(planFile, profile.variables());
      List<SecretSpec> secrets = new ArrayList<>();
      for (SecretSpec secret : plan.secrets()) {
        if (wanted.isEmpty() || wanted.contains(secret.name())) {
          secrets.add(required(secret, Optional.empty()));
        }
      }
      if (templateFile != null) {
        String text = TextFile.read(templateFile, "the template");
        secrets = List.of(required(plan.secrets().getFirst(), Optional.of(text)));
      } else if (secrets.size() < wanted.size()) {
        throw new CommandFailure(
            CommandFailure.WRONG_USE, "the plan has no such secret: correct the name.");
      }
      return new Plan(plan.vault(), plan.settings(), secrets);
    } catch (PlanException e) {
      Path at = templateFile == null ? planFile : templateFile;
      throw new CommandFailure(
          CommandFailure.WRONG_USE,
          e.problems().stream().map(problem -> at + ": " + problem).toList());
    }
  }

  /** The secret alone: rendered or a failure, without what comes after a change. */
  private static SecretSpec required(SecretSpec secret, Optional<String> template) {
    return new SecretSpec(
        secret.name(),
        template.isPresent() ? Optional.empty() : secret.from(),
        template.isPresent() ? List.of() : secret.fallbacks(),
        template.isPresent()
            ? Optional.of(new TemplateSpec(template.get(), "{{", "}}", false))
            : secret.template(),
        template.isPresent() ? Format.RAW : secret.format(),
        Optional.empty(),
        Map.of(),
        Optional.empty(),
        Optional.empty(),
        Set.of(),
        Optional.empty(),
        true,
        List.of(),
        Optional.empty(),
        template.isPresent() ? "changeit" : secret.storePassword(),
        secret.expose(),
        List.of());
  }

  private Sidecar start(Plan plan, RunMount mount) {
    return Sidecar.start(
        new SidecarConfig(
            plan,
            planFile.toAbsolutePath().resolveSibling(""),
            List.of(new MountTarget(mount.directory(), List.of())),
            Optional.empty(),
            allowDisk),
        OutputStream.nullOutputStream());
  }

  private void await(Sidecar sidecar) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(waitSeconds).toNanos();
    while (!sidecar.awaitReady(Duration.ofMillis(50))) {
      if (sidecar.isStuck() || System.nanoTime() - deadline >= 0) {
        List<String> lines = new ArrayList<>(List.of("not rendered."));
        sidecar.troubles().forEach(trouble -> lines.add(trouble.toString()));
        throw new CommandFailure(CommandFailure.NOT_STARTED, lines);
      }
    }
  }

  private void write(List<SecretSpec> secrets, Path from) throws IOException {
    if (directory == null) {
      PrintStream out = System.out;
      for (SecretSpec secret : secrets) {
        if (secrets.size() > 1) {
          out.write("==> %s <==\n".formatted(secret.name()).getBytes(StandardCharsets.UTF_8));
        }
        out.write(Files.readAllBytes(from.resolve(secret.name())));
        if (secrets.size() > 1) {
          out.write('\n');
        }
      }
      out.flush();
      return;
    }
    Files.createDirectories(directory);
    for (SecretSpec secret : secrets) {
      Path file = directory.resolve(secret.name());
      Files.deleteIfExists(file);
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.write(file, Files.readAllBytes(from.resolve(secret.name())));
      spec.commandLine().getErr().println("keyturn: " + file);
    }
  }
}
