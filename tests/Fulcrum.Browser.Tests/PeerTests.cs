using System.Net;
using Fulcrum.View;
using Xunit;

namespace Fulcrum.Browser.Tests;

/// <summary>Linux names the user of each local connection, so another user is told from this one.</summary>
public sealed class PeerTests
{
    private const string Head =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout";
    private static readonly IPEndPoint Server = new(IPAddress.Loopback, 0xA613),
        Client = new(IPAddress.Loopback, 0xC001);

    [Theory]
    [InlineData("0100007F:C001 0100007F:A613", OtherUser, false)]
    [InlineData("0100007F:C001 0100007F:A613", "0", true)]
    [InlineData("0000000000000000FFFF00000100007F:C001 0000000000000000FFFF00000100007F:A613", OtherUser, false)]
    public void User_who_connects_is_read_from_the_table(string ends, string user, bool isOwn)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux has this table");

        Assert.Equal(
            isOwn,
            Peer.IsOwn([Head, Row("0100007F:A613 0100007F:C001", "0"), Row(ends, user)], Server, Client)
        );
    }

    [Fact]
    public void Connection_whose_other_end_is_hidden_is_refused() =>
        Assert.False(Peer.IsOwn([Head, Row("0100007F:A613 0100007F:C001", "0")], Server, Client));

    [Fact]
    public void Table_without_this_connection_tells_nothing() =>
        Assert.True(Peer.IsOwn([Head, Row("0100007F:0016 00000000:0000", OtherUser)], Server, Client));

    // No user of a machine that runs tests has this number.
    private const string OtherUser = "4294900000";

    private static string Row(string ends, string user) =>
        $"   1: {ends} 01 00000000:00000000 00:00000000 00000000 {user, 5}        0 12345 1 0000000000000000 20 4 0 10 -1";
}
