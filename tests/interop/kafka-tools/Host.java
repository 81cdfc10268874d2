import java.io.*;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.utils.internals.Exit;

/**
 * Runs one of Kafka's tools after the other in one process, each as its script would: its main with words, a standard input,
 * and then its standard output, its standard error and its exit code. A process for each would be a second for each.
 *
 * Asked: words, then what it reads. Answered: exit code, output, errors. Numbers are i32, texts have their length before them.
 */
final class Host {
    private static final class Ended extends Error {}

    private static Integer status; // the first that is named: some tools take Ended for a failure and end once more

    public static void main(String[] unused) throws Exception {
        DataInputStream asked = new DataInputStream(System.in);
        DataOutputStream answers = new DataOutputStream(new BufferedOutputStream(System.out));
        List<Runnable> hooks = new ArrayList<>();
        Exit.setExitProcedure((code, message) -> end(code));
        Exit.setHaltProcedure((code, message) -> end(code));
        Exit.setShutdownHookAdder((name, hook) -> hooks.add(hook));
        while (true) {
            int count;
            try {
                count = asked.readInt();
            } catch (EOFException e) {
                Runtime.getRuntime().halt(0);
                return;
            }
            String[] words = new String[count];
            for (int i = 0; i < count; i++) words[i] = text(asked);
            ByteArrayOutputStream out = new ByteArrayOutputStream(), errors = new ByteArrayOutputStream();
            System.setIn(new ByteArrayInputStream(text(asked).getBytes(StandardCharsets.UTF_8)));
            System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
            status = null;
            run(words);
            for (Runnable hook : hooks) hook.run();
            hooks.clear();
            System.out.flush();
            answers.writeInt(status == null ? 0 : status);
            for (byte[] said : List.of(out.toByteArray(), errors.toByteArray())) {
                answers.writeInt(said.length);
                answers.write(said);
            }
            answers.flush();
        }
    }

    private static void end(int code) {
        if (status == null) status = code;
        throw new Ended();
    }

    private static void run(String[] words) throws ReflectiveOperationException {
        String[] arguments = java.util.Arrays.copyOfRange(words, 1, words.length);
        try {
            Class.forName(words[0]).getMethod("main", String[].class).invoke(null, (Object) arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof Ended) return;
            e.getCause().printStackTrace();
            status = 1;
        }
    }

    private static String text(DataInputStream from) throws IOException {
        return new String(from.readNBytes(from.readInt()), StandardCharsets.UTF_8);
    }
}
