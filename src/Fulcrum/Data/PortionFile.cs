using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fulcrum.Files;

namespace Fulcrum.Data;

/// <summary>Answers to a file of lines, in its order, a portion at a time: memory does not grow with the file, and a
/// command that was cut off goes on behind the last whole portion.</summary>
/// <remarks>
/// Answers are collected in <c>OUTPUT.partial</c>, which becomes the output once all are there;
/// <c>OUTPUT.partial.json</c> says how far it is and what it answers.
/// Portions are cut at the same lines however often the work was cut off, so the bytes are those of an undisturbed run.
/// </remarks>
public static class PortionFile
{
    /// <summary>Lines that are answered together.</summary>
    public const int Lines = 512;

    /// <summary>Answers every line of a file.</summary>
    /// <param name="input">A path, or <c>-</c> for standard input, which cannot be read again and so knows no going
    /// on.</param>
    /// <param name="fields">What a line may hold beside <c>id</c> and <c>meta</c>.</param>
    /// <param name="output">A path, or <c>-</c> for standard output, which knows no going on.</param>
    /// <param name="purpose">What else the answers depend on; asked for only when the file has more than one portion.
    /// Work under another purpose is not gone on with.</param>
    /// <param name="answer">The answers to one portion, a line each.</param>
    /// <param name="resumed">Told how many lines were there already.</param>
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
            foreach (JsonLine[] portion in JsonLines.Read(input, fields).Chunk(Lines))
            {
                answer(portion).ToList().ForEach(writer.WriteLine);
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

            File.Move(partial, full, overwrite: true);
            File.Delete(state);
        }
        catch (Exception e) when (AtomicFile.IsRefusal(e))
        {
            throw new InputException($"cannot write {full}: {AtomicFile.Reason(e)}", e);
        }
        catch (FulcrumException) when (!File.Exists(state))
        {
            // nothing in it is worth going on with
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
            && old.Purpose == Digest(purpose())
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
        foreach (JsonLine[] portion in input().Skip(lines).Chunk(Lines))
        {
            stream.Write(Encoding.UTF8.GetBytes(string.Concat(answer(portion).Select(a => a + "\n"))));
            lines += portion.Length;
            if (again && portion.Length == Lines)
            {
                stream.Flush(flushToDisk: true);
                new State(lines, stream.Position, Add(hash, portion), Digest(purpose())).Write(state);
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

    private static string Digest(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

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
                return null; // cut off while it was written, or not ours: begin anew
            }
        }

        public void Write(string path) =>
            AtomicFile.WriteText(path, JsonSerializer.Serialize(this, JsonLines.Output) + "\n");
    }
}
