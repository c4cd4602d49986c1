import java.net.URI;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sts.StsClient;

/** AWS SDK 2: clients whose credentials were given once. */
public class Aws {
  public static void main(String[] args) throws Exception {
    StsClient basic =
        client(
            args[0],
            StaticCredentialsProvider.create(
                AwsBasicCredentials.create("keyturn:aws/id", "keyturn:aws/key")));
    StsClient session =
        client(
            args[0],
            StaticCredentialsProvider.create(
                AwsSessionCredentials.create(
                    "keyturn:aws/id", "keyturn:aws/key", "keyturn:aws/token")));
    StsClient environment = client(args[0], EnvironmentVariableCredentialsProvider.create());
    App.serve(
        command -> {
          StsClient client =
              command.equals("basic") ? basic : command.equals("session") ? session : environment;
          return client.getCallerIdentity().account();
        });
  }

  private static StsClient client(String url, AwsCredentialsProvider credentials) {
    return StsClient.builder()
        .endpointOverride(URI.create(url))
        .region(Region.EU_CENTRAL_1)
        .credentialsProvider(credentials)
        .httpClient(UrlConnectionHttpClient.create())
        .build();
  }
}
