using System.Text;
using System.Text.Json;

namespace Fulcrum.Models.Endpoint;

/// <summary>Finds the message in the body of an error reply. Servers differ in its shape.</summary>
internal static class ErrorText
{
    /// <summary>Returns the message in the body; the body itself if its shape is unknown.</summary>
    public static string Of(byte[] body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            return In(document.RootElement) ?? document.RootElement.GetRawText();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, or a text in it is not UTF-8 or half of a surrogate pair.
            return Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 1000)));
        }
    }

    private static string? In(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.String => element.GetString(),
            JsonValueKind.Object => ((string[])["error", "message", "detail"])
                .Select(name => element.TryGetProperty(name, out JsonElement inner) ? In(inner) : null)
                .FirstOrDefault(text => text is not null),
            _ => null,
        };
}
