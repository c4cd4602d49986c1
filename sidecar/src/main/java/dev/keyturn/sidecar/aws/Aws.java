package dev.keyturn.sidecar.aws;

import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.SecretSource.Wake;
import dev.keyturn.sidecar.source.SourceContext;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.ssm.SsmClient;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.auth.StsAssumeRoleCredentialsProvider;
import software.amazon.awssdk.services.sts.auth.StsWebIdentityTokenFileCredentialsProvider;
import software.amazon.awssdk.utils.SdkAutoCloseable;

/**
 * What all that a plan asks of AWS has in common: the login, and a client for each service and
 * region. Nothing of the SDK is made before it is asked for. Safe for use by several threads.
 */
final class Aws implements AutoCloseable {
  /** Of a connection, and of each read from it: what a Vault gets by default, too. */
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  /** Of a wait: the loop waits again. */
  private static final Duration LONGEST = Duration.ofDays(1);

  /** Where the webhook has the kubelet put the token; see {@code docs/sources/aws.md}. */
  private static final String TOKEN_FILE = "/keyturn/identity/aws-token";

  /** AWS' own limit (STS API reference, AssumeRoleWithWebIdentity, RoleSessionName). */
  private static final int MAX_SESSION = 64;

  private final Optional<String> region;
  private final Optional<URI> endpoint;
  private final Optional<String> roleArn;
  private final Path tokenFile;
  private final String session;
  private final AuditLog audit;
  private final Map<String, SdkAutoCloseable> made = new HashMap<>();
  private final Object pauses = new Object();
  private int resumptions;
  private @Nullable String login;

  private Aws(SourceContext context) {
    Function<String, Optional<String>> said = key -> context.plan().setting("aws", key);
    this.region = said.apply("region");
    this.endpoint = said.apply("endpoint").map(URI::create);
    this.roleArn = said.apply("role-arn");
    this.tokenFile = Path.of(said.apply("token-file").orElse(TOKEN_FILE));
    this.session = session(context.workload().pod());
    this.audit = context.audit();
  }

  /** The one of a sidecar. */
  static Aws of(SourceContext context) {
    return context.shared(
        Aws.class,
        () -> {
          Aws aws = new Aws(context);
          context.onResume(aws::resumed);
          return aws;
        });
  }

  /** The session is named for the pod, which CloudTrail then shows; of what AWS allows in it. */
  private static String session(String pod) {
    String name = "keyturn-" + pod.replaceAll("[^A-Za-z0-9_=,.@-]", "-");
    return name.length() <= MAX_SESSION ? name : name.substring(0, MAX_SESSION);
  }

  /** A question to AWS. */
  interface Question<T> {
    T ask() throws SdkException, FetchException;
  }

  /**
   * Logs in where that is due, and asks.
   *
   * @param what the reference or the key, for messages
   * @param action what the identity must be allowed to do: {@code ssm:GetParameters}
   */
  <T> T ask(String what, String action, Question<T> question)
      throws FetchException, InterruptedException {
    logIn(what);
    try {
      return question.ask();
    } catch (SdkException e) {
      throw failure(what, action, e);
    }
  }

  /** What became of a question, for people; or the interruption that ended it. */
  FetchException failure(String what, String action, SdkException e) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    return Failures.of(what, action, e);
  }

  /** So that what fails about the identity is told as that. */
  void logIn(String what) throws FetchException, InterruptedException {
    AwsCredentials credentials;
    try {
      credentials = credentials().resolveCredentials();
    } catch (SdkException | java.io.UncheckedIOException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      FetchException failure = Failures.ofLogin(what, roleArn, tokenFile, e);
      audit.login(method(), server(), failure.getMessage());
      throw failure;
    }
    boolean another;
    synchronized (this) {
      another = !credentials.accessKeyId().equals(login);
      login = credentials.accessKeyId();
    }
    if (another) {
      audit.login(method(), server(), null);
    }
  }

  private String method() {
    return roleArn.map(role -> "web identity as " + role).orElse("default chain");
  }

  private String server() {
    return endpoint.map(URI::toString).orElse("AWS");
  }

  private synchronized AwsCredentialsProvider credentials() throws FetchException {
    SdkAutoCloseable known = made.get("credentials");
    if (known == null) {
      known =
          roleArn.isEmpty()
              ? DefaultCredentialsProvider.builder().build()
              : StsWebIdentityTokenFileCredentialsProvider.builder()
                  .stsClient(sts(AnonymousCredentialsProvider.create()))
                  .roleArn(roleArn.get())
                  .roleSessionName(session)
                  .webIdentityTokenFile(tokenFile)
                  .build();
      made.put("credentials", known);
    }
    return (AwsCredentialsProvider) known;
  }

  /**
   * Parameter Store.
   *
   * @param of a name, or an ARN, whose region goes before the plan's
   */
  SsmClient ssm(String of) throws FetchException {
    return client("ssm", SsmClient.class, of, SsmClient::builder, credentials());
  }

  /** Secrets Manager, in the same way. */
  SecretsManagerClient secretsManager(String of) throws FetchException {
    return client(
        "secretsmanager",
        SecretsManagerClient.class,
        of,
        SecretsManagerClient::builder,
        credentials());
  }

  /**
   * KMS.
   *
   * @param role that the login takes on for it
   */
  KmsClient kms(String keyArn, Optional<String> role) throws FetchException {
    return client(
        "kms " + role.orElse(""),
        KmsClient.class,
        keyArn,
        KmsClient::builder,
        role.isEmpty() ? credentials() : assumed(role.get()));
  }

  private synchronized AwsCredentialsProvider assumed(String role) throws FetchException {
    SdkAutoCloseable known = made.get("role " + role);
    if (known == null) {
      known =
          StsAssumeRoleCredentialsProvider.builder()
              .stsClient(sts(credentials()))
              .refreshRequest(request -> request.roleArn(role).roleSessionName(session))
              .build();
      made.put("role " + role, known);
    }
    return (AwsCredentialsProvider) known;
  }

  private StsClient sts(AwsCredentialsProvider credentials) throws FetchException {
    return client(
        "sts " + credentials.getClass().getSimpleName(),
        StsClient.class,
        "",
        StsClient::builder,
        credentials);
  }

  private synchronized <
          C extends SdkAutoCloseable, B extends AwsSyncClientBuilder<B, C> & AwsClientBuilder<B, C>>
      C client(
          String service,
          Class<C> kind,
          String of,
          Supplier<B> builders,
          AwsCredentialsProvider credentials)
          throws FetchException {
    Region where = region(of);
    String name = service + " " + where.id();
    SdkAutoCloseable known = made.get(name);
    if (known == null) {
      B builder =
          builders
              .get()
              .region(where)
              .credentialsProvider(credentials)
              .httpClient(http())
              // The loop that asks has a retry policy of its own: two would multiply.
              .overrideConfiguration(o -> o.retryStrategy(DefaultRetryStrategy.doNotRetry()));
      if (endpoint.isPresent()) {
        builder.endpointOverride(endpoint.get());
      }
      known = builder.build();
      made.put(name, known);
    }
    return kind.cast(known);
  }

  private SdkHttpClient http() {
    SdkAutoCloseable known = made.get("http");
    if (known == null) {
      known =
          UrlConnectionHttpClient.builder()
              .connectionTimeout(TIMEOUT)
              .socketTimeout(TIMEOUT)
              .build();
      made.put("http", known);
    }
    return (SdkHttpClient) known;
  }

  private Region region(String of) throws FetchException {
    if (of.startsWith("arn:")) {
      // arn:PARTITION:SERVICE:REGION:ACCOUNT:...
      String[] parts = of.split(":", 5);
      if (parts.length == 5 && !parts[3].isEmpty()) {
        return Region.of(parts[3]);
      }
    }
    if (region.isPresent()) {
      return Region.of(region.get());
    }
    try {
      return new DefaultAwsRegionProviderChain().getRegion();
    } catch (SdkException e) {
      throw FetchException.permanent(
          "no AWS region is known: say aws.region in the plan, or set AWS_REGION");
    }
  }

  /** Waits, but not beyond a suspension of the machine. */
  Optional<Wake> await(Duration atMost) throws InterruptedException {
    long millis = Math.min(atMost.toMillis(), LONGEST.toMillis());
    long deadline = System.nanoTime() + millis * 1_000_000;
    synchronized (pauses) {
      int before = resumptions;
      while (millis > 0 && before == resumptions) {
        pauses.wait(millis);
        millis = (deadline - System.nanoTime() + 999_999) / 1_000_000;
      }
      return before == resumptions ? Optional.empty() : Optional.of(Wake.RESUMED);
    }
  }

  private void resumed() {
    synchronized (pauses) {
      resumptions++;
      pauses.notifyAll();
    }
  }

  @Override
  public synchronized void close() {
    made.values().forEach(SdkAutoCloseable::close);
    made.clear();
  }
}
