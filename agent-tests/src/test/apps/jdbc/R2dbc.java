import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Mono;

/** Opens connections with R2DBC. */
public class R2dbc {
  private static ConnectionFactory factory;
  private static final List<Connection> HELD = new ArrayList<>();

  public static void main(String[] args) throws Exception {
    App.serve(R2dbc::step);
  }

  private static String step(String command) {
    String[] words = command.split(" ");
    switch (words[0]) {
      case "url": // url URL [USER PASSWORD]
        ConnectionFactoryOptions options = ConnectionFactoryOptions.parse(words[1]);
        if (words.length > 2) {
          options =
              options
                  .mutate()
                  .option(ConnectionFactoryOptions.USER, words[2])
                  .option(ConnectionFactoryOptions.PASSWORD, words[3])
                  .build();
        }
        factory = ConnectionFactories.get(options);
        return "";
      case "open":
        HELD.add(Mono.from(factory.create()).block());
        return String.valueOf(HELD.size() - 1);
      case "query": // query NUMBER SQL
        return query(HELD.get(Integer.parseInt(words[1])), command.split(" ", 3)[2]).block();
      case "settle":
        System.gc();
        return "";
      default: // use SQL
        String sql = command.substring("use ".length());
        return Mono.usingWhen(
                factory.create(), connection -> query(connection, sql), Connection::close)
            .block();
    }
  }

  private static Mono<String> query(Connection connection, String sql) {
    return Mono.from(connection.createStatement(sql).execute())
        .flatMap(result -> Mono.from(result.map((row, about) -> row.get(0, String.class))));
  }
}
