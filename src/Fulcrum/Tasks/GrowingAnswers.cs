using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Tasks;

/// <summary>An answer file that is written in portions. It is called <c>NAME.jsonl.partial</c> until it is
/// complete.</summary>
/// <remarks>After the answers of a portion are on disk, a line with their SHA-256 is appended to
/// <c>NAME.jsonl.seals</c>. A truncated or damaged file is cut back to the portions whose digest matches. The rest is
/// measured again.</remarks>
internal sealed class GrowingAnswers : IDisposable
{
    // A SHA-256 in hexadecimal and its line end.
    private const int SealBytes = 65,
        LargestPortion = 1 << 28;

    private readonly string path,
        growing;
    private readonly FileStream answers,
        seals;

    /// <summary>Opens a file and keeps its valid portions.</summary>
    /// <param name="path">Of the complete file.</param>
    /// <param name="ends">How many items are answered at the end of each portion, rising to all items.</param>
    public GrowingAnswers(string path, IReadOnlyList<Item> items, string protocolHash, IReadOnlyList<int> ends)
    {
        (this.path, growing) = (path, GrowingName(path));
        AtomicFile.CreateFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        if (File.Exists(path))
        {
            AtomicFile.Rename(path, growing);
        }

        answers = GrowingFile.Open(growing);
        seals = GrowingFile.Open(path + ".seals");
        KeepWholePortions(items, protocolHash, ends);
    }

    /// <summary>Returns the names of the files that a task's answers may be in.</summary>
    public static IReadOnlyList<string> FilesOf(string task) =>
        [$"{task}.jsonl", $"{task}.jsonl.partial", $"{task}.jsonl.seals"];

    /// <summary>Returns the name of an answer file while it grows.</summary>
    public static string GrowingName(string path) => path + ".partial";

    /// <summary>Writes chunks that were computed elsewhere, with their checksums, as a file that is not
    /// complete.</summary>
    public static void Join(string path, IEnumerable<byte[]> chunks)
    {
        List<string> sums = [];
        AtomicFile.Write(
            GrowingName(path),
            stream =>
            {
                foreach (byte[] chunk in chunks)
                {
                    stream.Write(chunk);
                    sums.Add(Seal(chunk));
                }
            }
        );
        AtomicFile.WriteText(path + ".seals", string.Concat(sums.Select(s => s + "\n")));
    }

    /// <summary>The number of answers in the file.</summary>
    public int Done { get; private set; }

    /// <summary>Appends a portion and flushes it to disk.</summary>
    public void Append(IReadOnlyList<Answer> portion)
    {
        byte[] lines = Encoding.UTF8.GetBytes(AnswerFile.Print(portion));
        answers.Write(lines);
        answers.Flush(flushToDisk: true);
        seals.Write(Encoding.ASCII.GetBytes(Seal(lines) + "\n"));
        seals.Flush(flushToDisk: true);
        Done += portion.Count;
    }

    /// <summary>Renames the file to its final name.</summary>
    public void Complete()
    {
        Dispose();
        AtomicFile.Rename(growing, path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        answers.Dispose();
        seals.Dispose();
    }

    private void KeepWholePortions(IReadOnlyList<Item> items, string protocolHash, IReadOnlyList<int> ends)
    {
        long keep = 0;
        int sealsKept = 0;
        while (
            Done < items.Count
            && NextSeal() is { } seal
            && Portion(ends[sealsKept] - Done) is { } lines
            && Seal(lines) == seal
            && AreAnswersTo(lines, items, Done, protocolHash)
        )
        {
            Done = ends[sealsKept];
            keep += lines.Length;
            sealsKept++;
        }

        answers.SetLength(keep);
        answers.Seek(0, SeekOrigin.End);
        seals.SetLength((long)sealsKept * SealBytes);
        seals.Seek(0, SeekOrigin.End);
    }

    private string? NextSeal()
    {
        byte[] line = new byte[SealBytes];
        bool isWhole = seals.ReadAtLeast(line, SealBytes, throwOnEndOfStream: false) == SealBytes && line[^1] == '\n';
        return isWhole ? Encoding.ASCII.GetString(line, 0, SealBytes - 1) : null;
    }

    /// <summary>Returns the bytes of the next lines; null if there are fewer, or more bytes than answers
    /// have.</summary>
    private byte[]? Portion(int lines)
    {
        using MemoryStream bytes = new();
        while (lines > 0)
        {
            int one = answers.ReadByte();
            if (one < 0)
            {
                return null;
            }

            if (bytes.Length == LargestPortion)
            {
                return null;
            }

            bytes.WriteByte((byte)one);
            lines -= one == '\n' ? 1 : 0;
        }

        return bytes.ToArray();
    }

    private static bool AreAnswersTo(byte[] lines, IReadOnlyList<Item> items, int from, string protocolHash)
    {
        try
        {
            return Encoding
                .UTF8.GetString(lines)
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select((line, i) => (Line: line, Item: items[from + i]))
                .All(l =>
                    StrictJson.Parse(l.Line) is JsonObject answer
                    && answer["id"]?.ToString() == l.Item.Id
                    && answer["protocol"]?.ToString() == protocolHash
                );
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Seal(byte[] lines) => Convert.ToHexStringLower(SHA256.HashData(lines));
}
