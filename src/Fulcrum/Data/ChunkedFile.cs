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
            WriteToStandardOutput(JsonLines.Read(input, fields), answer);
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

    private static void WriteToStandardOutput(IEnumerable<JsonLine> lines, Func<JsonLine[], IEnumerable<string>> answer)
    {
        using StreamWriter writer = JsonLines.Create("-");
        foreach (JsonLine[] chunk in lines.Chunk(Lines))
        {
            foreach (string line in answer(chunk).ToList())
            {
                writer.WriteLine(line);
            }

            writer.Flush();
        }
    }

    private static void Answer(
        Func<IEnumerable<JsonLine>> input,
        bool canResume,
        FileStream stream,
        string statePath,
        Func<string> purpose,
        Func<JsonLine[], IEnumerable<string>> answer,
        Action<int>? resumed
    )
    {
        using IncrementalHash inputHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        State? state = canResume ? State.Read(statePath) : null;
        if (state is null || !IsOfThisWork(state))
        {
            state = new State(0, 0, "", "");
            File.Delete(statePath);
            inputHash.GetHashAndReset();
        }

        int lines = state.Lines;
        stream.SetLength(state.Bytes);
        stream.Position = stream.Length;
        resumed?.Invoke(lines);
        foreach (JsonLine[] chunk in input().Skip(lines).Chunk(Lines))
        {
            stream.Write(Encoding.UTF8.GetBytes(string.Concat(answer(chunk).Select(a => a + "\n"))));
            lines += chunk.Length;
            if (canResume && chunk.Length == Lines)
            {
                stream.Flush(flushToDisk: true);
                new State(lines, stream.Position, Add(inputHash, chunk), Sha256.OfTexts(purpose())).Write(statePath);
            }
        }

        // Adds the lines that are already answered to the hash.
        bool IsOfThisWork(State old) =>
            old is { Lines: >= 0, Bytes: >= 0 }
            && old.Bytes <= stream.Length
            && old.Purpose == Sha256.OfTexts(purpose())
            && old.Input == Add(inputHash, input().Take(old.Lines));
    }

    // Adds lines to the hash; returns the hash of all lines so far.
    private static string Add(IncrementalHash hash, IEnumerable<JsonLine> lines)
    {
        foreach (JsonLine line in lines)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(line.Value.ToJsonString() + "\n"));
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    // The complete chunks.
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
