using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using Fulcrum.Files;

namespace Fulcrum.View;

/// <summary>Finds the user whose program opened a connection on the loopback address.</summary>
/// <remarks>The command line of the started browser contains the address with the token, and every user of the machine
/// can read it. So connections of other users are refused. Linux lists the user of each local connection in
/// <c>/proc/net/tcp</c>; other systems do not.</remarks>
internal static class Peer
{
    private const int LocalColumn = 1,
        RemoteColumn = 2,
        UserColumn = 7;

    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>Returns whether a connection comes from this user or root. True if the system does not tell.</summary>
    public static bool IsOwn(IPEndPoint? server, IPEndPoint? client) =>
        !OperatingSystem.IsLinux() || server is null || client is null || IsOwn(Rows(), server, client);

    /// <summary>Returns whether the rows of the system's tables name this user or root as the owner of the client's
    /// end.</summary>
    /// <param name="rows">Lines of <c>/proc/net/tcp</c> and <c>/proc/net/tcp6</c>.</param>
    internal static bool IsOwn(IEnumerable<string> rows, IPEndPoint server, IPEndPoint client)
    {
        (string here, string there) = (Hex(server), Hex(client));
        bool isTable = false;
        foreach (string row in rows)
        {
            string[] columns = row.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length <= UserColumn)
            {
                continue;
            }

            if (Is(columns[LocalColumn], there) && Is(columns[RemoteColumn], here))
            {
                return uint.TryParse(columns[UserColumn], CultureInfo.InvariantCulture, out uint user)
                    && FileEntry.IsOwn(user);
            }

            isTable |= Is(columns[LocalColumn], here) && Is(columns[RemoteColumn], there);
        }

        // If even this server's end of the connection is missing, the tables are not usable, for example in a
        // container.
        return !isTable;
    }

    // In the table of IPv6 the address has a prefix.
    private static bool Is(string column, string hex) => column.EndsWith(hex, StringComparison.Ordinal);

    // The kernel prints the four bytes of an address as one number of the processor's byte order.
    private static string Hex(IPEndPoint end)
    {
        byte[] bytes = end.Address.MapToIPv4().GetAddressBytes();
        uint address = BitConverter.IsLittleEndian
            ? BinaryPrimitives.ReadUInt32LittleEndian(bytes)
            : BinaryPrimitives.ReadUInt32BigEndian(bytes);
        return string.Create(CultureInfo.InvariantCulture, $"{address:X8}:{end.Port:X4}");
    }

    private static IEnumerable<string> Rows()
    {
        foreach (string table in Tables.Where(BoundedFile.IsThere))
        {
            foreach (string row in BoundedFile.ReadLines(table))
            {
                yield return row;
            }
        }
    }
}
