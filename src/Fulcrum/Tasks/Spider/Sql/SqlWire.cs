using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fulcrum.Tasks.Spider.Sql;

/// <summary>One pair to grade, as it is sent to a worker.</summary>
internal sealed record SqlRequest(string Database, string Gold, string Predicted, string Semantics, SqlLimits Limits)
{
    public void Write(BinaryWriter to)
    {
        Array.ForEach<string>([Database, Gold, Predicted, Semantics], to.Write);
        to.Write(Limits.Seconds);
        to.Write(Limits.Rows);
        to.Write(Limits.Bytes);
        to.Write(Limits.CellBytes);
        to.Write(Limits.HeapBytes);
        to.Flush();
    }

    /// <summary>Reads the next request; null if the parent has closed the pipe.</summary>
    public static SqlRequest? Read(BinaryReader from)
    {
        try
        {
            string database = from.ReadString();
            return new SqlRequest(
                database,
                from.ReadString(),
                from.ReadString(),
                from.ReadString(),
                new SqlLimits(from.ReadDouble(), from.ReadInt32(), from.ReadInt32(), from.ReadInt32(), from.ReadInt64())
            );
        }
        catch (EndOfStreamException)
        {
            return null;
        }
    }
}

/// <summary>Messages of a worker: a byte for the kind, then a text except after <see cref="Prediction"/>.</summary>
internal static class SqlWire
{
    public const byte Hello = (byte)'H',
        Prediction = (byte)'P',
        Graded = (byte)'G',
        Refused = (byte)'R';
    private const int LargestAnswer = 1 << 20;

    /// <summary>The first message of a worker. It shows that both sides are the same build of the same
    /// program.</summary>
    public static string Greeting => $"fulcrum sql worker 2, SQLite {Sqlite.Version}";

    public static void Send(Stream to, byte kind, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text),
            frame = new byte[bytes.Length + 5];
        frame[0] = kind;
        BitConverter.TryWriteBytes(frame.AsSpan(1), bytes.Length);
        bytes.CopyTo(frame, 5);
        to.Write(frame);
        to.Flush();
    }

    /// <summary>Reads the text of a message.</summary>
    /// <exception cref="EndOfStreamException">The worker exited, or sent something else than a message.</exception>
    public static string Receive(Stream from)
    {
        Span<byte> size = stackalloc byte[4];
        from.ReadExactly(size);
        int length = BitConverter.ToInt32(size);
        byte[] bytes = new byte[length is >= 0 and <= LargestAnswer ? length : throw new EndOfStreamException()];
        from.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    public static string Print(Grade grade) => JsonSerializer.Serialize(grade, SqlWireJson.Default.Grade);

    public static Grade Parse(string text) =>
        JsonSerializer.Deserialize(text, SqlWireJson.Default.Grade) ?? throw new EndOfStreamException();
}

/// <summary>JSON of grades.</summary>
[JsonSerializable(typeof(Grade))]
internal sealed partial class SqlWireJson : JsonSerializerContext;
