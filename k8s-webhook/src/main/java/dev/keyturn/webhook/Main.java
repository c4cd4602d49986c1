package dev.keyturn.webhook;

import dev.keyturn.plan.PlanException;
import dev.keyturn.plan.Problem;
import dev.keyturn.webhook.admission.Injector;
import dev.keyturn.webhook.certificate.CertificateException;
import dev.keyturn.webhook.certificate.CertificateKeeper;
import dev.keyturn.webhook.certificate.CertificateSource;
import dev.keyturn.webhook.certificate.FileCertificates;
import dev.keyturn.webhook.certificate.SelfMadeCertificates;
import dev.keyturn.webhook.certificate.ServerCertificate;
import dev.keyturn.webhook.kubernetes.ApiServer;
import dev.keyturn.webhook.kubernetes.KubernetesException;
import dev.keyturn.webhook.log.Log;
import dev.keyturn.webhook.missed.MissedPods;
import dev.keyturn.webhook.profile.Profile;
import dev.keyturn.webhook.profile.ProfileSource;
import dev.keyturn.webhook.profile.WatchedProfiles;
import dev.keyturn.webhook.server.WebhookServer;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** The process: serves until SIGTERM, then exits 0; exits 1 where it cannot start. */
public final class Main {
  /** How often to look for a new certificate; a Secret's files take the kubelet a minute anyway. */
  private static final Duration LOOK = Duration.ofSeconds(10);

  /** How long a certificate may take to be had at first: roles reach the API server late. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** The API server waits 10 s for a webhook unless told otherwise, so nobody is there after it. */
  private static final Duration REQUEST = Duration.ofSeconds(10);

  private Main() {}

  public static void main(String[] arguments) {
    Log log = Log.toStandardError();
    log.takeOverLibraries();
    try {
      serve(Settings.read(System.getenv()), log);
    } catch (PlanException e) {
      for (Problem problem : e.problems()) {
        log.warning("setting").with("name", problem.key()).with("error", problem.message()).write();
      }
      System.exit(1);
    } catch (IOException | CertificateException | KubernetesException e) {
      log.warning("not-started").with(e).write();
      System.exit(1);
    } catch (InterruptedException e) {
      System.exit(1);
    }
  }

  private static void serve(Settings settings, Log log)
      throws IOException, CertificateException, KubernetesException, InterruptedException {
    CertificateSource source = source(settings.certificate(), System.getenv());
    ServerCertificate certificate = first(source, log);
    String version = Main.class.getPackage().getImplementationVersion();
    ProfileSource profiles = profiles(settings, log);
    var server =
        new WebhookServer(
            settings.listen(),
            certificate,
            new Injector(settings.injection(), profiles)::admit,
            settings.clients(),
            REQUEST,
            version == null ? "unknown" : version,
            log);
    var keeper = new CertificateKeeper(source, certificate, server::use, LOOK, log);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("shutdown")
                .unstarted(() -> stop(server, keeper, settings, log)));
    if (settings.missed().isPositive()) {
      new MissedPods(
              ApiServer.ofThisPod(System.getenv()),
              settings.injection().vaultAnnotations(),
              settings.missed(),
              server::missed,
              log)
          .start();
    }
    log.info("started")
        .with("listen", server.address().toString())
        .with("not-after", certificate.notAfter().toString())
        .write();
    new CountDownLatch(1).await(); // until a signal ends the process
  }

  private static void stop(
      WebhookServer server, CertificateKeeper keeper, Settings settings, Log log) {
    try {
      server.drain();
      Thread.sleep(settings.drain());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.close();
    keeper.close();
    log.info("stopped").write();
    // The JVM would exit with 143 after SIGTERM, which looks like a failure.
    Runtime.getRuntime().halt(0);
  }

  /** Followed until the process ends. */
  private static ProfileSource profiles(Settings settings, Log log)
      throws IOException, KubernetesException, InterruptedException {
    return settings.profiles().isEmpty()
        ? _ -> Profile.NONE
        : new WatchedProfiles(
            settings.profiles().get(),
            settings.injection().vault(),
            ApiServer.ofThisPod(System.getenv()),
            log);
  }

  private static CertificateSource source(
      Settings.Certificate certificate, Map<String, String> environment)
      throws KubernetesException {
    return switch (certificate) {
      case Settings.Certificate.Files files -> new FileCertificates(files.directory());
      case Settings.Certificate.SelfMade own ->
          new SelfMadeCertificates(
              ApiServer.ofThisPod(environment),
              own.namespace(),
              own.secret(),
              own.configuration(),
              own.service());
    };
  }

  private static ServerCertificate first(CertificateSource source, Log log)
      throws CertificateException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        return source.current();
      } catch (CertificateException e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
        log.warning("no-certificate-yet").with(e).write();
        Thread.sleep(Duration.ofSeconds(1));
      }
    }
  }
}
