import java.net.Authenticator;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/** java.net.http: one client, and a request that is used again. */
public class JavaNetHttp {
  public static void main(String[] args) throws Exception {
    String basic =
        "Basic "
            + Base64.getEncoder()
                .encodeToString("keyturn:api/user:keyturn:api/password".getBytes());
    HttpClient client =
        HttpClient.newBuilder().followRedirects(HttpClient.Redirect.ALWAYS).build();
    HttpClient challenged =
        HttpClient.newBuilder()
            .authenticator(
                new Authenticator() {
                  @Override
                  protected PasswordAuthentication getPasswordAuthentication() {
                    return new PasswordAuthentication(
                        "keyturn:api/user", "keyturn:api/password".toCharArray());
                  }
                })
            .build();
    Map<String, HttpRequest> requests = new HashMap<>();
    App.serve(
        command -> {
          String url = command.substring(command.indexOf(' ') + 1);
          HttpResponse<String> response;
          if (command.startsWith("challenged ")) {
            response =
                challenged.send(
                    HttpRequest.newBuilder(URI.create(url)).build(),
                    HttpResponse.BodyHandlers.ofString());
          } else if (command.startsWith("through ")) { // through URL PORT
            InetSocketAddress proxy =
                new InetSocketAddress("localhost", Integer.parseInt(command.split(" ")[2]));
            response =
                HttpClient.newBuilder()
                    .proxy(ProxySelector.of(proxy))
                    .build()
                    .send(
                        HttpRequest.newBuilder(URI.create(command.split(" ")[1]))
                            .header("Proxy-Authorization", "Bearer keyturn:gate/token")
                            .header("X-Token", "keyturn:api/token")
                            .build(),
                        HttpResponse.BodyHandlers.ofString());
          } else {
            HttpRequest request =
                requests.computeIfAbsent(
                    url,
                    to ->
                        HttpRequest.newBuilder(URI.create(to))
                            .header("Authorization", basic)
                            .header("X-Token", "keyturn:api/token")
                            .build());
            response = client.send(request, HttpResponse.BodyHandlers.ofString());
          }
          return response.body() + " " + response.statusCode() + " " + response.version();
        });
  }
}
