using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fulcrum.Data;

/// <summary>The format of the JSON files of a run: snake_case names, indented, unescaped non-ASCII text.</summary>
internal static class SnakeCaseJson
{
    /// <summary>The options of reading and writing.</summary>
    public static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        NewLine = "\n",
    };
}
