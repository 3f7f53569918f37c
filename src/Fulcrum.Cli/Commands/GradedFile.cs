using System.Text.Json.Nodes;
using Fulcrum.Data;

namespace Fulcrum.Cli.Commands;

/// <summary>A file of lines that are graded on all cores; what <c>grade</c> and <c>sql</c> share.</summary>
internal static class GradedFile
{
    /// <summary>Writes a grade for each line of a file, with the line's <c>id</c> and <c>meta</c>.</summary>
    /// <param name="fields">The fields of a line besides <c>id</c> and <c>meta</c>.</param>
    /// <param name="purpose">Returns everything else that the grades depend on: interrupted work is resumed only with
    /// the same.</param>
    /// <param name="read">Checks a line and returns its grading, whose fields are written. An error in the line names
    /// file and line.</param>
    public static void Write(
        string input,
        string output,
        IReadOnlySet<string> fields,
        Func<string> purpose,
        Func<JsonLine, Func<JsonObject>> read,
        CancellationToken cancellation
    ) => ChunkedFile.Write(input, fields, output, purpose, lines => Graded(lines, read, cancellation));

    // All lines are checked before any is graded, so that an error names the first malformed line.
    private static string[] Graded(
        JsonLine[] lines,
        Func<JsonLine, Func<JsonObject>> read,
        CancellationToken cancellation
    )
    {
        Func<JsonObject>[] graders = [.. lines.Select(read)];
        string[] answers = new string[lines.Length];
        ParallelOptions options = new() { CancellationToken = cancellation };
        Parallel.For(0, lines.Length, options, i => answers[i] = Answer(lines[i], graders[i]()));
        return answers;
    }

    private static string Answer(JsonLine line, JsonObject grade)
    {
        grade.Insert(0, "id", line.Value["id"]?.DeepClone());
        if (line.Value.ContainsKey("meta"))
        {
            grade["meta"] = line.Value["meta"]?.DeepClone();
        }

        return grade.ToJsonString(JsonLines.Output);
    }
}
