using Fulcrum.Files;

namespace Fulcrum.Tasks;

/// <summary>Chunks of an answer file that several processes compute, each chunk in a file of its own until they are put
/// together.</summary>
/// <remarks>A chunk is a batch of the measurement whoever computes it, so the file that is put together is
/// byte-identical
/// to that of one process.</remarks>
/// <param name="folder">Holds the chunks of one place that were made from the same inputs.</param>
internal sealed class AnswerParts(string folder)
{
    private const long LargestChunk = 1 << 28;

    /// <summary>Computes every chunk of a part that does not exist yet.</summary>
    /// <param name="answers">Returns the answers to the items of a chunk.</param>
    public void Write(
        string task,
        IReadOnlyList<Item> items,
        IReadOnlyList<int> ends,
        Func<int, bool> isOfPart,
        Func<Item[], IReadOnlyList<Answer>> answers
    )
    {
        for (int chunk = 0; chunk < ends.Count; chunk++)
        {
            if (isOfPart(chunk) && !File.Exists(PathOf(task, chunk)))
            {
                int from = chunk == 0 ? 0 : ends[chunk - 1];
                Item[] own = [.. items.Take(ends[chunk]).Skip(from)];
                AtomicFile.WriteText(PathOf(task, chunk), AnswerFile.Print(answers(own)));
            }
        }
    }

    /// <summary>Puts the chunks together as an interrupted measurement would have left them, up to the first one that
    /// is
    /// missing. Whoever resumes it checks each chunk.</summary>
    /// <param name="path">The answer file; it must not have been begun.</param>
    public void Join(string task, string path, int chunks)
    {
        if (File.Exists(path) || File.Exists(GrowingAnswers.GrowingName(path)) || !File.Exists(PathOf(task, 0)))
        {
            return;
        }

        GrowingAnswers.Join(
            path,
            Enumerable
                .Range(0, chunks)
                .Select(c => PathOf(task, c))
                .TakeWhile(File.Exists)
                .Select(p => BoundedFile.ReadBytes(p, LargestChunk))
        );
    }

    /// <summary>Removes the chunks of a task.</summary>
    public void Remove(string task, int chunks)
    {
        Enumerable.Range(0, chunks).Select(c => PathOf(task, c)).ToList().ForEach(File.Delete);
        _ = PlainFolder.RemoveIfEmpty(folder);
    }

    private string PathOf(string task, int chunk) => Path.Combine(folder, $"{task}.{chunk}.part");
}
