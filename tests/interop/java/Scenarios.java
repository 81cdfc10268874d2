import java.util.*;

/** The Java client against the daemon: Scenarios ADDRESS PREFIX, or Scenarios member GROUP TOPIC ADDRESS PREFIX. */
public final class Scenarios {
    public static void main(String[] words) throws Exception {
        Stage stage = new Stage(words[words.length - 2], words[words.length - 1]);
        if (words[0].equals("member")) {
            new Groups.Member(stage, words[1], words[2]);
            Thread.currentThread().join(120_000);
            return;
        }
        new Records(stage).play();
        new Compaction(stage).play();
        new Groups(stage).play();
        new Administration(stage).play();
        new Durability(stage).play();
        stage.admin.close();
        System.exit(0);
    }
}
