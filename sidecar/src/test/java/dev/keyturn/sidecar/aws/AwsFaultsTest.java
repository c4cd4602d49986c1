package dev.keyturn.sidecar.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.keyturn.plan.Plan;
import dev.keyturn.plan.Reference;
import dev.keyturn.plan.Source;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.sidecar.source.FakeContext;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.Version;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What moto can't show: answers of AWS in trouble, and how many requests are made. */
class AwsFaultsTest {
  private static final String KEY = "ASIAFAKEFAKEFAKEFAKE";

  @TempDir Path directory;
  private HttpServer server;
  private FakeContext context;

  /** The targets and bodies of what was asked, but of STS. */
  private final List<String> asked = new CopyOnWriteArrayList<>();

  private Function<String, Answer> answers = body -> new Answer(500, "InternalFailure", "");
  private Answer sts = new Answer(200, "", "");

  private record Answer(int status, String code, String text) {}

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::serve);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
    Files.writeString(directory.resolve("token"), "a.service-account.token");
    context = context("role-arn: '" + Moto.ROLE + "', token-file: '" + directory + "/token'");
  }

  private FakeContext context(String identity) {
    return new FakeContext(
        Plan.parseYaml(
            "aws: {region: eu-central-1, endpoint: 'http://127.0.0.1:%d', %s}\nsecrets: {a: 'aws-sm:a'}"
                .formatted(server.getAddress().getPort(), identity)),
        directory,
        Workload.NONE);
  }

  @AfterEach
  void stop() {
    context.close();
    server.stop(0);
  }

  private void serve(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    String target = exchange.getRequestHeaders().getFirst("X-Amz-Target");
    Answer answer;
    if (target == null) {
      answer =
          sts.status() == 200
              ? new Answer(
                  200,
                  "",
                  """
                  <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
                  <AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>%s</AccessKeyId>
                  <SecretAccessKey>canary-key</SecretAccessKey><SessionToken>canary-session</SessionToken>
                  <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
                  </AssumeRoleWithWebIdentityResponse>
                  """
                      .formatted(KEY))
              : new Answer(
                  sts.status(),
                  "",
                  "<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>"
                      .formatted(sts.code(), sts.text()));
    } else {
      asked.add(target.substring(target.indexOf('.') + 1) + " " + body);
      answer = answers.apply(body);
      if (answer.status() != 200) {
        answer =
            new Answer(
                answer.status(),
                answer.code(),
                "{\"__type\": \"%s\", \"message\": \"%s\"}"
                    .formatted(answer.code(), answer.text()));
        if (answer.code().equals("ThrottlingException") && body.contains("patient")) {
          exchange.getResponseHeaders().add("Retry-After", "7");
        }
      }
    }
    byte[] text = answer.text().getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(answer.status(), text.length);
    exchange.getResponseBody().write(text);
    exchange.close();
  }

  private SecretSource open(String reference) throws FetchException {
    Reference parsed = Reference.parse(reference);
    return (parsed.source() == Source.AWS_SM
            ? new SecretsManagerProvider()
            : new ParameterProvider())
        .open(parsed, context);
  }

  private FetchException failure(String reference) throws Exception {
    SecretSource source = open(reference);
    FetchException failure = catchThrowableOfType(FetchException.class, source::fetch);
    assertThat(failure)
        .hasMessageContaining(reference)
        .hasMessageNotContaining(KEY)
        .hasMessageNotContaining("canary-");
    assertThat(context.log()).doesNotContain(KEY).doesNotContain("canary-");
    return failure;
  }

  private FetchException failure(int status, String code, String text) throws Exception {
    answers = body -> new Answer(status, code, text);
    return failure("aws-sm:prod/db");
  }

  /** An answer that has each parameter that was asked for, at a version. */
  private static Answer parameters(String body, int version) {
    Matcher names = Pattern.compile("\"(/[^\"]*)\"").matcher(body);
    var found = new ArrayList<String>();
    while (names.find()) {
      found.add(
          "{\"Name\": \"%s\", \"Value\": \"v\", \"Version\": %d, \"ARN\": \"arn\"}"
              .formatted(names.group(1), version));
    }
    return new Answer(200, "", "{\"Parameters\": [" + String.join(",", found) + "]}");
  }

  private List<Version> fetchAll(List<SecretSource> sources) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var futures = new ArrayList<Future<Version>>();
      sources.forEach(source -> futures.add(threads.submit(source::fetch)));
      var versions = new ArrayList<Version>();
      for (Future<Version> future : futures) {
        versions.add(future.get());
      }
      return versions;
    }
  }

  @Test
  void throttling_is_asked_once_and_left_to_the_loops_backoff() throws Exception {
    FetchException failure = failure(400, "ThrottlingException", "Rate exceeded");
    assertThat(failure.permanent()).isFalse();
    assertThat(failure.retryAfter()).isEmpty();
    assertThat(failure).hasMessageContaining("too many requests");
    assertThat(asked).hasSize(1);
  }

  @Test
  void a_pause_that_AWS_asks_for_is_kept() throws Exception {
    answers = body -> new Answer(400, "ThrottlingException", "Rate exceeded");
    assertThat(failure("aws-ssm:/patient").retryAfter()).contains(Duration.ofSeconds(7));
  }

  @Test
  void a_broken_service_is_asked_once_and_is_for_time_to_heal() throws Exception {
    assertThat(failure(500, "InternalServiceError", "").permanent()).isFalse();
    assertThat(failure(503, "ServiceUnavailable", "").permanent()).isFalse();
    assertThat(asked).hasSize(2);
  }

  @Test
  void who_may_not_read_is_told_who_it_is_and_what_it_needs() throws Exception {
    String said =
        "User: arn:aws:sts::123456789012:assumed-role/shop/keyturn is not authorized to perform:"
            + " secretsmanager:GetSecretValue on resource: prod/db";
    FetchException failure = failure(400, "AccessDeniedException", said);
    assertThat(failure.permanent()).isTrue();
    assertThat(failure)
        .hasMessageContaining("needs secretsmanager:GetSecretValue")
        .hasMessageContaining("assumed-role/shop");
    assertThat(failure(400, "AccessDeniedException", "Access to KMS is not allowed"))
        .hasMessageContaining("needs kms:Decrypt");
  }

  @Test
  void what_AWS_quotes_is_not_repeated() throws Exception {
    FetchException failure =
        failure(403, "InvalidSignatureException", "x-amz-security-token:canary-session");
    assertThat(failure.permanent()).isTrue();
    assertThat(failure).hasMessageContaining("does not know these credentials");
    assertThat(failure(400, "ExpiredTokenException", "canary-session").permanent()).isFalse();
    assertThat(failure(400, "ValidationException", "canary-").permanent()).isTrue();
    assertThat(failure(400, "DecryptionFailure", "").permanent()).isTrue();
  }

  @Test
  void a_login_that_is_refused_names_the_role_and_what_it_must_trust() throws Exception {
    sts = new Answer(403, "AccessDenied", "canary-");
    FetchException failure = failure("aws-sm:prod/db");
    assertThat(failure.permanent()).isTrue();
    assertThat(failure).hasMessageContaining(Moto.ROLE).hasMessageContaining("trust policy");
    assertThat(context.log()).contains("\"login\"").contains("trust policy");
    assertThat(asked).isEmpty();
    sts = new Answer(400, "IDPCommunicationError", "");
    assertThat(failure("aws-sm:prod/db").permanent()).isFalse();
  }

  @Test
  void a_token_that_is_not_there_is_named_by_its_file() throws Exception {
    Files.delete(directory.resolve("token"));
    FetchException failure = failure("aws-sm:prod/db");
    assertThat(failure.permanent()).isTrue();
    assertThat(failure).hasMessageContaining(directory.resolve("token").toString());
  }

  @Test
  void without_any_credentials_the_members_of_the_chain_are_named() throws Exception {
    System.setProperty("aws.disableEc2Metadata", "true");
    System.setProperty("aws.sharedCredentialsFile", directory.resolve("none").toString());
    System.setProperty("aws.configFile", directory.resolve("none").toString());
    context = context("");
    try {
      FetchException failure = failure("aws-sm:prod/db");
      assertThat(failure.permanent()).isTrue();
      assertThat(failure)
          .hasMessageContainingAll("web identity", "pod identity", "profile", "instance's role");
    } finally {
      System.clearProperty("aws.disableEc2Metadata");
      System.clearProperty("aws.sharedCredentialsFile");
      System.clearProperty("aws.configFile");
    }
  }

  @Test
  void parameters_that_are_due_together_share_requests() throws Exception {
    Parameters patient = new Parameters(Aws.of(context), context.steady(), Duration.ofMillis(500));
    assertThat(context.shared(Parameters.class, () -> patient)).isSameAs(patient);
    context.stopClock(Duration.ZERO);
    answers = body -> parameters(body, 1);
    var sources = new ArrayList<SecretSource>();
    for (int i = 0; i < 12; i++) {
      sources.add(open("aws-ssm:/p/" + i));
    }
    List<Version> versions = fetchAll(sources);
    assertThat(asked).hasSize(2);
    asked.clear();
    context.stopClock(Duration.ofSeconds(10));
    // The first look is at ten of them, without their values; the rest follows with the second.
    for (int i = 0; i < 12; i++) {
      assertThat(sources.get(i).refresh(versions.get(i))).isEmpty();
    }
    assertThat(asked)
        .hasSize(2)
        .allSatisfy(body -> assertThat(body).contains("\"WithDecryption\":false"));
    answers = body -> parameters(body, 2);
    context.stopClock(Duration.ofSeconds(10));
    assertThat(sources.get(3).refresh(versions.get(3)).flatMap(Version::id)).contains("2");
  }

  @Test
  void one_that_may_not_be_read_does_not_hold_the_others_back() throws Exception {
    answers =
        body ->
            body.contains("/p/bad")
                ? new Answer(400, "AccessDeniedException", "User: x is not authorized")
                : parameters(body, 1);
    SecretSource good = open("aws-ssm:/p/good");
    SecretSource bad = open("aws-ssm:/p/bad");
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Version> first = threads.submit(good::fetch);
      Future<FetchException> second =
          threads.submit(() -> catchThrowableOfType(FetchException.class, bad::fetch));
      assertThat(first.get().id()).contains("1");
      assertThat(second.get()).hasMessageContaining("needs ssm:GetParameters");
      assertThat(good.refresh(first.get())).isEmpty();
    }
  }

  @Test
  void a_secret_is_looked_at_by_its_stages_and_by_its_value_where_that_is_not_allowed()
      throws Exception {
    String id = "11111111-1111-1111-1111-111111111111";
    Answer value =
        new Answer(200, "", "{\"VersionId\": \"%s\", \"SecretString\": \"v\"}".formatted(id));
    answers =
        body ->
            body.contains("VersionStage")
                ? value
                : new Answer(
                    200, "", "{\"VersionIdsToStages\": {\"%s\": [\"AWSCURRENT\"]}}".formatted(id));
    SecretSource source = open("aws-sm:prod/db");
    Version version = source.fetch();
    assertThat(source.refresh(version)).isEmpty();
    assertThat(asked.getLast()).startsWith("DescribeSecret");
    answers =
        body ->
            body.contains("VersionStage") ? value : new Answer(400, "AccessDeniedException", "");
    assertThat(source.refresh(version)).isEmpty();
    asked.clear();
    assertThat(source.refresh(version)).isEqualTo(Optional.empty());
    assertThat(asked).singleElement().asString().startsWith("GetSecretValue");
  }

  @Test
  void what_names_a_version_is_never_asked_for_again() throws Exception {
    answers =
        body ->
            body.contains("/p/a")
                ? parameters(body.replace(":1", ""), 1)
                : new Answer(
                    200, "", "{\"VersionId\": \"%s\", \"SecretString\": \"v\"}".formatted("1"));
    for (String reference :
        List.of("aws-ssm:/p/a?version=1", "aws-sm:a?version-id=" + "1".repeat(32))) {
      SecretSource source = open(reference);
      Version version = source.fetch();
      asked.clear();
      assertThat(source.refresh(version)).isEmpty();
      assertThat(asked).isEmpty();
    }
  }
}
