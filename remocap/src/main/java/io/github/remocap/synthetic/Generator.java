package io.github.remocap.synthetic;

import io.github.remocap.data.Annotation;
import io.github.remocap.data.TsvWriter;
import io.github.remocap.image.Frame;
import io.github.remocap.image.InputException;
import io.github.remocap.io.AtomicFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;

/**
 * Writes generated data sets: {@code train.yaml}, {@code validation.yaml} and {@code test.yaml} with their TSV files, those of many sequences
 * in parts of {@value #PART} ({@code train-000.yaml} and so on). A part is there whole or not at all; parts that are there are kept, so that
 * a generation that was stopped continues.
 */
public final class Generator {
    /** Sequences of a part. */
    private static final int PART = 100;
    private static final String RECIPE = "recipe.txt";
    private static final double BOX_SCALE = 1.2; // as the reference has it

    /** A frame that is ready to be written. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Row(Annotation annotation, byte[] picture) {
    }

    /** A data set of a split. */
    private record Part(String name, String split, List<Motions> kinds, int from, int to) {
    }

    private final Path folder;
    private final Recipe recipe;
    private final LongConsumer progress;
    private long done;

    private Generator(Path folder, Recipe recipe, LongConsumer progress) {
        this.folder = folder;
        this.recipe = recipe;
        this.progress = progress;
    }

    /**
     * Writes what is not there yet.
     *
     * @param threads that draw
     * @param progress told after each sequence how many frames there are so far
     * @throws InputException if the folder has data of another recipe
     */
    public static void write(Path folder, Recipe recipe, int threads, LongConsumer progress) throws IOException {
        Files.createDirectories(folder);
        Path note = folder.resolve(RECIPE);
        if (Files.exists(note)) {
            String before = Files.readString(note).strip();
            if (!before.equals(recipe.describe())) {
                throw InputException.of(note, "the folder has data of another recipe: " + before, recipe.describe()
                    + "; choose another folder, or delete this one");
            }
        } else {
            writeText(note, recipe.describe() + "\n");
        }
        try (ExecutorService pool = Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().name("remocap-scenes-", 0).factory())) {
            try {
                new Generator(folder, recipe, progress).parts(pool, threads);
            } finally {
                pool.shutdownNow();
            }
        }
    }

    /** Writes a text file whole or not at all. */
    static void writeText(Path file, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        AtomicFile.write(file, channel -> {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }

    private void parts(ExecutorService pool, int threads) throws IOException {
        List<Part> parts = new ArrayList<>();
        split(parts, "train", Motions.SEEN, recipe.train());
        split(parts, "validation", Motions.SEEN, recipe.validation());
        split(parts, "test", Motions.UNSEEN, recipe.test());
        for (Part part : parts) {
            if (Files.exists(folder.resolve(part.name + ".yaml"))) {
                tell((long) (part.to - part.from) * recipe.frames());
            } else {
                write(part, pool, threads);
            }
        }
    }

    private static void split(List<Part> parts, String split, List<Motions> kinds, int sequences) {
        for (int from = 0; from < sequences; from += PART) {
            String name = sequences <= PART ? split : String.format(Locale.ROOT, "%s-%03d", split, from / PART);
            parts.add(new Part(name, split, kinds, from, Math.min(sequences, from + PART)));
        }
    }

    private void tell(long frames) {
        done += frames;
        progress.accept(done);
    }

    private void write(Part part, ExecutorService pool, int threads) throws IOException {
        ThreadLocal<Photographer> photographers = ThreadLocal.withInitial(() -> new Photographer(recipe.size()));
        Deque<Future<List<Row>>> ahead = new ArrayDeque<>();
        try (TsvWriter writer = new TsvWriter(folder, part.name, TsvWriter.Encoding.JPEG, recipe.framesPerSecond())) {
            int next = part.from;
            while (next < part.to || !ahead.isEmpty()) {
                while (next < part.to && ahead.size() < 2 * threads) {
                    int sequence = next++;
                    ahead.add(pool.submit(() -> sequence(part, sequence, photographers.get())));
                }
                for (Row row : result(ahead.remove())) {
                    writer.add(row.annotation, row.picture, recipe.size(), recipe.size());
                }
                tell(recipe.frames());
            }
            writer.finish();
        }
    }

    private static List<Row> result(Future<List<Row>> future) throws IOException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException io -> throw io;
                case RuntimeException r -> throw r;
                case Error error -> throw error;
                case null, default -> throw new IOException(e.getCause());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while scenes were being drawn");
        }
    }

    private List<Row> sequence(Part part, int number, Photographer photographer) throws IOException {
        Motions kind = part.kinds.get(number % part.kinds.size());
        String name = String.format(Locale.ROOT, "%s-%05d-%s", part.split, number, kind.name().toLowerCase(Locale.ROOT));
        Scene scene = Scene.of(new Dice(recipe.seed(), name), kind, recipe.frames() / recipe.framesPerSecond(), recipe.size(),
            recipe.clutter(), recipe.turned(), recipe.variety());
        List<Row> rows = new ArrayList<>();
        for (int frame = 0; frame < recipe.frames(); frame++) {
            Shot shot = photographer.shoot(scene, frame / recipe.framesPerSecond());
            rows.add(new Row(annotation(name, frame, shot), TsvWriter.encode(image(shot.picture()), TsvWriter.Encoding.JPEG)));
        }
        return rows;
    }

    private static BufferedImage image(Frame frame) {
        BufferedImage image = new BufferedImage(frame.width(), frame.height(), BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, frame.width(), frame.height(), frame.argb(), 0, frame.width());
        return image;
    }

    private static Annotation annotation(String sequence, int frame, Shot shot) {
        double[] box = shot.box();
        float[] center = {(float) ((box[0] + box[2]) / 2), (float) ((box[1] + box[3]) / 2)};
        double side = BOX_SCALE * Math.max(box[2] - box[0], box[3] - box[1]);
        float[] joints2d = new float[3 * Annotation.JOINTS];
        float[] joints3d = new float[4 * Annotation.JOINTS];
        for (int j = 0; j < Annotation.JOINTS; j++) {
            System.arraycopy(shot.joints2d(), 2 * j, joints2d, 3 * j, 2);
            joints2d[3 * j + 2] = shot.seen()[j] ? 1 : 0;
            System.arraycopy(shot.joints3d(), 3 * j, joints3d, 4 * j, 3);
            joints3d[4 * j + 3] = 1;
        }
        return new Annotation(String.format(Locale.ROOT, "%s/%05d.jpg", sequence, frame), sequence, 0, frame, center, (float) (side / 200), joints2d,
            joints3d, shot.pose(), shot.betas(), true, true, true, "neutral");
    }
}
