using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fulcrum.Data;

/// <summary>How the JSON files of a run are written: snake_case names, indented, non-ASCII text as it is.</summary>
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
