using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fulcrum.Files;

namespace Fulcrum.Data;

/// <summary>Answers a file of lines, in its order, one chunk at a time. Memory does not grow with the file, and an
/// interrupted command is resumed after the last complete chunk.</summary>
/// <remarks>
/// Answers are collected in <c>OUTPUT.partial</c>, which is renamed to the output at the end.
/// <c>OUTPUT.partial.json</c> holds the number of complete chunks and the purpose. Chunks end at the same lines after
/// any interruption, so the output is byte-identical to that of an uninterrupted command.
/// </remarks>
internal static class ChunkedFile
{
    /// <summary>The number of lines of a chunk: enough for full batches of a model, few enough that an interruption
    /// costs little.</summary>
    public const int Lines = 512;

    /// <summary>Answers every line of a file.</summary>
    /// <param name="input">A path, or <c>-</c> for standard input. Standard input cannot be read again, so its work
    /// cannot be resumed.</param>
    /// <param name="fields">The fields that a line may have in addition to <c>id</c> and <c>meta</c>.</param>
    /// <param name="output">A path, or <c>-</c> for standard output, which cannot be resumed.</param>
    /// <param name="purpose">Returns everything else that the answers depend on; called only if the file has more than
    /// one chunk. Work with another purpose is not resumed.</param>
    /// <param name="answer">Returns the answers to one chunk, one line each.</param>
    /// <param name="resumed">Called with the number of lines that are already answered.</param>
    /// <exception cref="InputException">A line is malformed, or the output cannot be written.</exception>
    public static void Write(
        string input,
        IReadOnlySet<string> fields,
        string output,
        Func<string> purpose,
        Func<JsonLine[], IEnumerable<string>> answer,
        Action<int>? resumed = null
    )
    {
        if (output == "-")
        {
            using StreamWriter writer = JsonLines.Create(output);
            foreach (JsonLine[] chunk in JsonLines.Read(input, fields).Chunk(Lines))
            {
                answer(chunk).ToList().ForEach(writer.WriteLine);
                writer.Flush();
            }

            return;
        }

        string full = Path.GetFullPath(output),
            partial = full + ".partial",
            state = partial + ".json";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            using (FileStream stream = GrowingFile.Open(partial, FileShare.None))
            {
                Answer(() => JsonLines.Read(input, fields), input != "-", stream, state, purpose, answer, resumed);
                stream.Flush(flushToDisk: true);
            }

            AtomicFile.Rename(partial, full);
            File.Delete(state);
        }
        catch (Exception e) when (AtomicFile.IsRefusal(e))
        {
            throw AtomicFile.Failure(full, e);
        }
        catch (FulcrumException) when (!File.Exists(state))
        {
            // Without a complete chunk nothing can be resumed.
            PlainFolder.Remove(Path.GetDirectoryName(partial)!, Path.GetFileName(partial));
            throw;
        }
    }

    private static void Answer(
        Func<IEnumerable<JsonLine>> input,
        bool again,
        FileStream stream,
        string state,
        Func<string> purpose,
        Func<JsonLine[], IEnumerable<string>> answer,
        Action<int>? resumed
    )
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        State? old = again ? State.Read(state) : null;
        old =
            old is { Lines: >= 0, Bytes: >= 0 }
            && old.Bytes <= stream.Length
            && old.Purpose == Sha256.OfTexts(purpose())
            && old.Input == Add(hash, input().Take(old.Lines))
                ? old
                : null;
        if (old is null)
        {
            File.Delete(state);
            hash.GetHashAndReset();
        }

        int lines = old?.Lines ?? 0;
        stream.SetLength(old?.Bytes ?? 0);
        stream.Position = stream.Length;
        resumed?.Invoke(lines);
        foreach (JsonLine[] chunk in input().Skip(lines).Chunk(Lines))
        {
            stream.Write(Encoding.UTF8.GetBytes(string.Concat(answer(chunk).Select(a => a + "\n"))));
            lines += chunk.Length;
            if (again && chunk.Length == Lines)
            {
                stream.Flush(flushToDisk: true);
                new State(lines, stream.Position, Add(hash, chunk), Sha256.OfTexts(purpose())).Write(state);
            }
        }
    }

    private static string Add(IncrementalHash hash, IEnumerable<JsonLine> lines)
    {
        foreach (JsonLine line in lines)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(line.Value.ToJsonString() + "\n"));
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    private sealed record State(int Lines, long Bytes, string Input, string Purpose)
    {
        public static State? Read(string path)
        {
            try
            {
                return File.Exists(path)
                    ? JsonSerializer.Deserialize<State>(BoundedFile.ReadText(path), JsonLines.Output)
                    : null;
            }
            catch (JsonException)
            {
                return null; // interrupted while it was written, or of another program: start again
            }
        }

        public void Write(string path) =>
            AtomicFile.WriteText(path, JsonSerializer.Serialize(this, JsonLines.Output) + "\n");
    }
}
