import java.util.Base64;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.transport.ProxyProvider;

/** Spring's WebClient on Reactor Netty, with default headers. The argument says which HTTP. */
public class WebClientApp {
  public static void main(String[] args) throws Exception {
    HttpClient netty =
        HttpClient.create().protocol(HttpProtocol.valueOf(args[0])).followRedirect(true);
    WebClient client = client(netty);
    App.serve(
        command -> {
          String[] words = command.split(" ");
          WebClient used = client;
          if (words[0].equals("through")) {
            used =
                client(
                    netty.proxy(
                        spec ->
                            spec.type(ProxyProvider.Proxy.HTTP)
                                .host("localhost")
                                .port(Integer.parseInt(words[2]))
                                .username("gate")
                                .password(user -> "keyturn:gate/token")));
          }
          return used.get().uri(words[1]).retrieve().bodyToMono(String.class).block() + " 200";
        });
  }

  private static WebClient client(HttpClient netty) {
    return WebClient.builder()
        .clientConnector(new ReactorClientHttpConnector(netty))
        .defaultHeaders(
            headers -> {
              // setBasicAuth wants a user without a colon.
              headers.setBasicAuth(
                  Base64.getEncoder()
                      .encodeToString("keyturn:api/user:keyturn:api/password".getBytes()));
              headers.set("X-Token", "keyturn:api/token");
            })
        .build();
  }
}
