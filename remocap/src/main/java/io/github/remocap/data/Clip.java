package io.github.remocap.data;

/**
 * Frames that the network sees together.
 *
 * @param sequence their sequence
 * @param track the person within the sequence, from 0
 * @param rows of the data set, in time; always as many as the network takes
 * @param first the first of them that counts in an evaluation
 * @param count how many count; the others are there to fill the clip
 */
@SuppressWarnings("ArrayRecordComponent") // a clip is compared by nobody
public record Clip(String sequence, int track, int[] rows, int first, int count) {
}
